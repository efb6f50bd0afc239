"""Resources of CloudFormation stacks, made by the API's operations from checked properties."""
