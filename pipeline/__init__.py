"""One phone call, assembled from Pipecat's parts and ours."""
