"""Plays the corpus: whole calls over the real service, and what the carrier saw of them."""

import asyncio
from dataclasses import dataclass

import numpy as np

from qa.audio import RATE_HZ, Pcm, Speech, speech
from qa.caller import REACTION_S, Caller, NothingHeard
from qa.turns import sounds, texts
from qa.turns.corpus import CallPlan, Interruption, Utterance
from qa.turns.measure import InterruptionPlayed, TurnPlayed
from qa.turns.model import Asked, ScriptedModel
from qa.turns.pauses import speak_with_pauses
from qa.voices import speak
from sandbox.twilio.leg import Leg
from sandbox.world import INBOUND_CALL, SHOP_NUMBER, Service, World

NOISE_S = 20.0
"""Length of the background noise, which is repeated."""

ANSWER_TIMEOUT_S = 12.0
"""Longer than any answer takes; a call without one is noted and goes on."""

SETTLE_S = 5.0
"""How long an answer to an interruption is waited for."""

MUSIC_S = 3.0

BABBLE = (
    "I was thinking about the garden, and then we drove out to the coast for the day.",
    "They say it will rain again next week, but who knows.",
    "My sister has a new job in the city and likes it very much.",
)
"""What other people in the room, or on the radio, talk about."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one call left: the agent's side, its speech, and the sid of its log."""

    call_sid: str
    agent: Pcm
    sounds: tuple[Speech, ...]
    late_ms: int
    """The worst stall of the carrier's clock: figures of a call with a long one are void."""


class Studio:
    """Makes the audio of the corpus, once for each thing that is said."""

    async def babble(self) -> list[Pcm]:
        """Return other people's talk."""
        return [await speak(text, voice, 1) for text in BABBLE for voice in ("woman", "man")]

    async def utterance(self, one: Utterance) -> Pcm:
        """Return a turn with its pauses."""
        return await speak_with_pauses(one.parts, one.voice, one.seed)

    async def interruption(self, one: Interruption) -> Pcm:
        """Return the words or the sound of an interruption."""
        match one.kind:
            case "hum":
                return sounds.hum(one.seed)
            case "cough":
                return sounds.cough(one.seed)
            case "door":
                return sounds.door(one.seed)
            case "music":
                return sounds.music(one.seed, MUSIC_S)
            case "radio":
                return sounds.radio(await speak(BABBLE[one.seed % len(BABBLE)], one.voice, 2))
            case _:
                return await speak(one.text, one.voice, one.seed)


@dataclass(slots=True)
class Stage:
    """Where calls are played."""

    place: World
    running: Service
    model: ScriptedModel
    studio: Studio
    babble: list[Pcm]

    async def answers(self, plan: CallPlan[Utterance]) -> tuple[list[TurnPlayed], Heard]:
        """Play a call of answers; each turn is answered with the question of the next."""
        clips = [await self.studio.utterance(one) for one in plan.items]
        following = [one.question for one in plan.items[1:]] + [texts.ALL_RIGHT]
        self.model.say(plan.number, following[0])
        leg, caller = await self._dial(plan)
        played = []
        await _listen(caller)
        for one, clip, reply in zip(plan.items, clips, following, strict=True):
            self.model.say(plan.number, reply)
            start_s = leg.clock()
            await caller.speak(clip)
            await _listen(caller)
            until_s = leg.clock()
            asked = self._asked(plan.number, start_s, until_s)
            zero_s = leg.recording_started_at_s or 0.0
            played.append(
                TurnPlayed(
                    utterance=one,
                    room=plan.room,
                    start_s=start_s - zero_s,
                    end_s=start_s - zero_s + len(clip) / RATE_HZ,
                    until_s=until_s - zero_s,
                    asked_s=tuple(a.at_s - zero_s for a in asked),
                    understood=tuple(a.heard for a in asked),
                )
            )
        return played, await _hang_up(leg)

    async def interruptions(
        self, plan: CallPlan[Interruption]
    ) -> tuple[list[InterruptionPlayed], Heard]:
        """Play a call of interruptions, each into a long stretch of the agent's talk."""
        clips = [await self.studio.interruption(one) for one in plan.items]
        go_on = await speak(texts.GO_ON, plan.items[0].voice, 5)
        self.model.say(plan.number, texts.ALL_RIGHT)
        leg, caller = await self._dial(plan)
        await _listen(caller)
        played = []
        for one, clip in zip(plan.items, clips, strict=True):
            self.model.say(plan.number, one.talk)
            await caller.speak(go_on)
            try:
                await caller.hear_first_sound(ANSWER_TIMEOUT_S)
            except NothingHeard:
                continue
            self.model.say(plan.number, texts.ALL_RIGHT)
            played.append(await self._interrupt(leg, caller, plan, one, clip))
        return played, await _hang_up(leg)

    async def _interrupt(
        self,
        leg: Leg,
        caller: Caller,
        plan: CallPlan[Interruption],
        one: Interruption,
        clip: Pcm,
    ) -> InterruptionPlayed:
        talk_start_s = leg.clock()
        talk_s = await self._length_s(one.talk)
        await asyncio.sleep(talk_start_s + one.at_s - leg.clock())
        start_s = leg.clock()
        await caller.speak(clip)
        if one.meant:
            await _listen(caller, SETTLE_S)
        else:
            await asyncio.sleep(max(0.0, talk_start_s + talk_s - leg.clock()))
            await caller.wait_for_quiet(REACTION_S)
        until_s = leg.clock()
        asked = self._asked(plan.number, start_s, until_s)
        clears_s = [e.at_s for e in leg.events if e.kind == "clear" and start_s <= e.at_s]
        zero_s = leg.recording_started_at_s or 0.0
        return InterruptionPlayed(
            interruption=one,
            room=plan.room,
            talk_start_s=talk_start_s - zero_s,
            talk_s=talk_s,
            start_s=start_s - zero_s,
            until_s=until_s - zero_s,
            clears_s=tuple(at_s - zero_s for at_s in clears_s),
            asked_s=tuple(a.at_s - zero_s for a in asked),
        )

    async def _dial(self, plan: CallPlan[Utterance] | CallPlan[Interruption]) -> tuple[Leg, Caller]:
        room, background = plan.room, None
        if room.noise is not None and room.snr_db is not None:
            background = sounds.noise(
                room.noise, room.snr_db, NOISE_S, len(plan.items), self.babble
            )
        leg = await self.place.carrier.dial(
            self.running.url + INBOUND_CALL,
            from_number=plan.number,
            to_number=SHOP_NUMBER,
            background=background,
        )
        return leg, Caller(leg)

    def _asked(self, number: str, from_s: float, until_s: float) -> list[Asked]:
        return [a for a in self.model.asked[number] if from_s <= a.at_s <= until_s]

    async def _length_s(self, text: str) -> float:
        """Return how long the agent is heard with `text`, spoken sentence by sentence."""
        sentences = text.replace(". ", ".\n").split("\n")
        voice = self.place.vendors.voice
        whole = np.concatenate([await voice.synthesise(sentence) for sentence in sentences])
        heard = speech(whole, bridge_s=5.0)
        return heard[-1].end_s - heard[0].start_s


async def _listen(caller: Caller, timeout_s: float = ANSWER_TIMEOUT_S) -> None:
    """Wait for an answer to end; no answer at all is a finding, not an error."""
    try:
        await caller.listen(timeout_s)
    except NothingHeard:
        return


async def _hang_up(leg: Leg) -> Heard:
    await leg.hang_up()
    _, stereo = leg.recording()
    late = [int(event.detail) for event in leg.events if event.kind == "clock_late"]
    agent = np.ascontiguousarray(stereo[:, 1])
    parts = tuple(speech(agent, bridge_s=0.3))
    return Heard(leg.call_sid, agent, parts, max(late, default=0))
