"""The Digital Convergence Initiative's Integrated Beneficiary Registry API 1.0.0, beside the service's own routes.

What belongs here: the standard's envelopes, signatures, codes and shapes, its asynchronous messages, subscriptions and
callbacks. What does not: looking persons up and what a caller may know (exchange/service), so that an answer is the
same by either door. Choices where the published specification is silent or contradicts itself: docs/standard.md.
"""
