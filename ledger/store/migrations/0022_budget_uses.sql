-- What serves a budget is read by the budget; without this, every look at one goes over all uses there are.

CREATE INDEX metric_use_budget ON metric_use (budget) WHERE budget IS NOT NULL;
