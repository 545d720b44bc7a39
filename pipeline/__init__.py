"""One phone call, assembled from Pipecat's parts and ours."""

from pipeline.cancellation import mend_wait_for

mend_wait_for()
