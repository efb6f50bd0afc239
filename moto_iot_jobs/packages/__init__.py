"""AWS IoT Software Package Catalog: packages, their versions, and jobs that install them."""
