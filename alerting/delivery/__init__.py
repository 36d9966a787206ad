"""Getting notifications out: rate budgets, digests, retries. What was decided comes from the engine, how to say it from the notifiers."""
