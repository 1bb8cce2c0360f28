"""What one job has seen: steps, facts, and what was left out. Becomes an `Attempt`."""

from __future__ import annotations

import msgspec

from mailproof.model.attempt import Job, Skipped, Status, Step, StepTaken
from mailproof.model.endpoint import Endpoint
from mailproof.model.failure import NetFailure
from mailproof.model.observation import AnyObservation
from mailproof.model.record import Attempt
from mailproof.model.transcript import Transcript
from mailproof.net.interface import Net, Stream


class Notebook:
    def __init__(self, net: Net, endpoint: Endpoint, job: Job) -> None:
        self.net = net
        self.endpoint = endpoint
        self.job = job
        self.stream: Stream | None = None
        self.unconnected: Transcript | None = None
        """In place of a stream's transcript, where there never was one."""
        self.steps: list[StepTaken] = []
        self.observations: list[AnyObservation] = []
        self._skipped: list[Skipped] = []

    def saw(self, observation: AnyObservation) -> None:
        self.observations.append(observation)

    def took(self, step: Step, started: float, failure: NetFailure | None = None) -> None:
        """Note that a step was taken, and what kept it from its end."""
        seconds = self.net.now() - started
        if failure is None:
            self.steps.append(StepTaken(step, Status.OK, seconds))
            return
        detail = self.stream.secrets.mask_text(failure.detail) if self.stream else failure.detail
        self.steps.append(StepTaken(step, Status.FAILED, seconds, failure.trouble, detail))

    def skip(self, what: str, why: str, *, asked: bool = False, **params: str) -> None:
        self._skipped.append(Skipped(what, why, self.endpoint.url, asked, params))

    def attempt(self) -> Attempt:
        """All of it, as the record keeps it."""
        return Attempt(
            self.job,
            self.endpoint,
            tuple(self.steps),
            tuple(self.observations),
            tuple(self._skipped),
            self._transcript(),
        )

    def _transcript(self) -> Transcript | None:
        """Under the address of the endpoint, also where a proxy was dialled for it."""
        if self.stream is None:
            return self.unconnected
        return msgspec.structs.replace(self.stream.transcript(), address=self.endpoint.address)
