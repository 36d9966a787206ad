import json
from base64 import b64encode
from pathlib import Path

from tests.support.node_exporter import collect


def test_interfaces_networks_and_stations(tmp_path: Path) -> None:
    address = b64encode(bytes.fromhex("010203040506")).decode()
    (tmp_path / "wlan0").mkdir()
    (tmp_path / "interfaces.json").write_text('[{"name": "wlan0", "frequency": 5180}]')
    (tmp_path / "wlan0/bss.json").write_text(json.dumps({"ssid": "Lamps", "bssid": address, "status": 2}))
    (tmp_path / "wlan0/stationinfo.json").write_text(json.dumps([{"hardwareaddr": address, "signal": -40}]))
    page = collect("wifi", [f"--collector.wifi.fixtures={tmp_path}"])
    assert page['node_wifi_interface_frequency_hertz{device="wlan0"}'] == 5_180_000_000
    assert page['node_wifi_station_info{device="wlan0",bssid="01:02:03:04:05:06",ssid="Lamps",mode="ad-hoc"}'] == 1
    assert page['node_wifi_station_signal_dbm{device="wlan0",mac_address="01:02:03:04:05:06"}'] == -40
