"""What is known about a file beyond its lines: Kubernetes names from its path."""
