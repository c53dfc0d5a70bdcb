"""Minimum shares of renewable energy (最低消费比重) and renewable weights (消纳责任权重) of units."""
