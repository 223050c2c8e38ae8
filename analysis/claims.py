"""Findings on the figures: a sentence each, with numbers of facts.py, which computes them from the samples in the file.

Data sets with the same numbers share their words: "is 9.324 in A and B".
"""

import string
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Callable

from facts import SAME, facts_of, facts_of_pair

TENFOLD = 10.0  # what is called a large change


@dataclass(frozen=True)
class Claim:
    name: str
    figure: str  # it belongs to
    holds: bool
    sentence: str


@dataclass(frozen=True)
class Finding:
    name: str
    figure: str
    sentence: str  # with {each} for the words of the data sets
    each: str  # these words, with facts and {names}; told of the data sets that have all of these facts
    holds: Callable = lambda _: True  # of the facts: whether the reason applies
    reason: str = ""


FINDINGS = [
    Finding("stationary", "loss", "Stationary points of the loss: {each}.", "{points} in {names}"),
    Finding(
        "valley", "loss",
        "On the dashed curve, r = −(m₀ sin φ + m₁ cos φ), the line goes through the mean m of the samples; the "
        "smallest loss at each φ is within {each}.",
        "{off:2} of it in {names}, where its amplitude is {amplitude}",
        lambda f: f.off < 0.1 * f.r_span,
        "So it is the floor of the valley.",
    ),
    Finding(
        "free", "fisher_phi_phi",
        "At the minimum F_φφ and C = F_φφ − F_rφ²/F_rr are {each}.", "{F} and {C} in {names}",
        lambda f: f.C < f.F / 2,
        "C is the information on φ that is left if r may follow.",
    ),
    Finding(
        "lever", "fisher_r_phi",
        "At the minimum −F_rφ/F_rr and the lever arm are {each}.", "{slope} and {arm} in {names}",
        lambda f: abs(abs(f.slope) - f.arm) < 0.1 * f.arm,
        "Turning the line about the origin moves it at the samples by the lever arm times the angle; r has to undo "
        "that.",
    ),
    Finding(
        "saturation", "fisher_r_r",
        "F_rr is between {each}.", "{least_fisher_r_r} and {most_fisher_r_r} in {names}",
        lambda f: f.least_fisher_r_r * TENFOLD < f.most_fisher_r_r,
        "z(1 − z) decays as e^−|a|: samples far from the line say little about φ and r.",
    ),
    Finding(
        "turns", "gradient_phi",
        "|g_φ| and |g_r| are at most {each}.", "{size_gradient_phi} and {size_gradient_r} in {names}",
        lambda f: f.size_gradient_phi > f.size_gradient_r,
        "A turn by one radian moves the line at a sample by up to its distance from the origin.",
    ),
    Finding(
        "bounded", "gradient_r",
        "g_r is between {each}.", "{least_gradient_r} and {most_gradient_r} in {names}",
        reason="Where the network is sure, a sample on the wrong side adds 1 or −1 to the sum, and any other 0.",
    ),
    Finding(
        "turning", "natural_gradient_phi",
        "At every r n_φ is zero near the φ of the minimum: {each}.", "within {turn:2} in {names}",
        reason="A natural step turns the line about the samples first, wherever it is, and then moves it.",
    ),
    Finding(
        "grows", "natural_gradient_r",
        "|g| and |n| have the medians {each}.",
        "{median_gradient_size:3} and {median_natural_gradient_size:3} in {names}, and are at most "
        "{most_gradient_size:3} and {most_natural_gradient_size:3}",
        lambda f: f.most_natural_gradient_size / f.median_natural_gradient_size
        > TENFOLD * f.most_gradient_size / f.median_gradient_size,
        "Where the network is sure and wrong, F decays and g does not, so n = {natural} grows {growth}: a full step "
        "along −n is much too long there.",
    ),
    Finding(
        "apart", "arrows",
        "The angle between −g and −n has the median {each}.", "{median_angle:3}° in {names}",
        reason="−g is the steepest way per length in this plane, −n per change of the outputs.",
    ),
    Finding(
        "conditioning", "flows",
        "The condition number of H at the minimum, which decides the speed of gradient descent, is {each}.",
        "{condition} in {names}",
    ),
    Finding(
        "rates", "flows",
        "The eigenvalues of F⁻¹H at the minimum, which decide the speed of natural gradient descent, are {each}.",
        "{slow} and {fast} in {names}",
        lambda f: f.fast > 1 + SAME and f.slow == 1,
        "The eigenvalue 1 belongs to r, 1 + h/C to the direction of the floor. So lines along −n first come to the φ "
        "of the minimum, parallel to the floor, and end along r. Lines along −g fall to the floor first and end along "
        "it.",
    ),
    Finding(
        "boundary", "samples",
        "On the wrong side of the line of minimum loss are {each}.", "{wrong} of {count} samples of {names}",
        lambda f: 2 * f.wrong < f.fewer,
    ),
    Finding(
        "longer", "matrices",
        "At the minimum H_φφ = F_φφ + h and E_φφ are {each}.", "{F} + {h} and {E} in {names}",
        lambda f: f.h > SAME * f.F,
        "h is −dL/d(length of the weights): longer weights would make the loss smaller. H and F differ in no other "
        "entry. E, unlike F, depends on the labels.",
    ),
    Finding(
        "indefinite", "ellipses",
        "The Fisher matrix is indefinite nowhere, the Hessian in {each}.",
        "{negative_hessian:%} of the grid in {names}",
        lambda f: f.negative_hessian > 0,
    ),
    Finding(
        "uphill", "steps",
        "These steps point uphill: {each}.",
        "−H⁻¹g (Newton’s) in {negative_newton:%} and −n in {negative_natural_gradient:%} of the grid of {names}",
        lambda f: f.negative_newton > f.negative_natural_gradient == 0,
    ),
    Finding(
        "bent", "curvature",
        "The curvature times the number of samples is between {each}.",
        "{least_curvature:3} and {most_curvature:3} in {names}",
        lambda f: f.size_curvature > SAME,
        "No coordinates can make this metric that of a plane.",
    ),
    Finding(
        "shortest", "geodesics",
        "Measured by F, the lengths of descents divided by those of the geodesics are {each}.",
        "{n_length:3} along −n and {g_length:3} along −g in {names}",
        lambda f: min(f.n_length, f.g_length) > 1,
        "−n is the steepest direction in this metric, not the shortest way.",
    ),
]  # fmt: skip
PAIR_FINDINGS = [  # on data sets that are the first one, moved
    Finding(
        "shifted", "samples",
        "{each}.", "{names} is {first} moved by {move}: for the network, r is replaced by r {added}",
    ),
    Finding(
        "sheared", "loss",
        "{each}.", "{equal} of {names} at (φ, r) are those of {first} at (φ, r {added}){changed}",
        lambda f: "n_φ" in f.equal,
        "The landscape is sheared along r. The natural gradient moves with it as an arrow does; the gradient does not.",
    ),
]  # fmt: skip


def claim_of(finding, facts):
    """The Claim on the data sets that have all facts it needs, None without any."""
    needed = {name for _, name, _, _ in string.Formatter().parse(finding.each) if name} - {"names"}
    told = [found for found in facts if needed <= found.keys()]
    words = {}  # of each data set: names of all that share them
    for found in told:
        words.setdefault(finding.each.format_map(found | {"names": "{names}"}), []).append(found["name"])
    each = "; ".join(text.replace("{names}", " and ".join(names)) for text, names in words.items())
    holds = all(finding.holds(SimpleNamespace(**found)) for found in told)
    sentence = finding.sentence.format(each=each)
    if holds and finding.reason and told:
        sentence = f"{sentence} {finding.reason.format_map(told[0])}"
    return Claim(finding.name, finding.figure, holds, sentence) if told else None


def claims_of(views):
    """All Claims the file can tell, in the order of the lists above."""
    facts, pairs = [facts_of(view) for view in views], [facts_of_pair(views[0], view) for view in views[1:]]
    found = [claim_of(finding, facts) for finding in FINDINGS] + [claim_of(finding, pairs) for finding in PAIR_FINDINGS]
    return [claim for claim in found if claim is not None]
