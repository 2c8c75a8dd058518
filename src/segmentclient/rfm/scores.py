class RFMScorer:
    pass


def score_rfm():
    pass
