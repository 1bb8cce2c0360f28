"""Country databases: MaxMind's .mmdb and the legacy GeoIP.dat. Any bytes give one, or say why they are none."""
