"""AWS IoT Jobs as plain Python objects: no moto, no HTTP, no wall clock."""
