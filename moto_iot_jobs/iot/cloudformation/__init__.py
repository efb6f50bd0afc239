"""Resources of CloudFormation stacks: properties checked, and carried out by the API's operations."""
