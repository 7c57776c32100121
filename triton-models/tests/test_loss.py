"""The sampled loss estimates the full one, leaves out what retrieval leaves out, and pushes the
query vectors apart."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from trawl_models import loss
from trawl_models.loss import CandidateSampler, balance, queries_in_use, softmax_loss

NOTHING = (torch.zeros(0, dtype=torch.int64), torch.zeros(0, dtype=torch.int64))


def of_logits(
    logits: torch.Tensor, targets: torch.Tensor, log_inclusion: torch.Tensor | None,
    excluded: tuple[torch.Tensor, torch.Tensor],
) -> torch.Tensor:
    return softmax_loss(logits.unsqueeze(1), torch.eye(logits.shape[1]), targets, log_inclusion, excluded)


def test_probability_of_inclusion_is_what_drawing_gives() -> None:
    counts = np.array([50, 30, 10, 5, 5, 0, 0, 0])
    sampler = CandidateSampler(counts, uniform=3, whole=0)
    rng = np.random.default_rng(1)
    seen, claimed, rounds = np.zeros(8), np.zeros(8), 1_500
    for _ in range(rounds):
        drawn = sampler.draw(rng.choice(8, 4, p=counts / counts.sum()), rng)
        seen[drawn.ordinals] += 1
        claimed[drawn.ordinals] = np.exp(drawn.log_inclusion)
    assert np.abs(seen / rounds - claimed).max() < 0.05


@pytest.mark.parametrize(("items", "queries", "whole"), [(32_768, 1, True), (32_769, 1, False), (16_384, 4, True), (4_097, 16, False)])
def test_with_many_query_vectors_a_row_takes_fewer_items(items: int, queries: int, whole: bool) -> None:
    sampler = CandidateSampler(np.ones(items), 8_192, queries)
    assert sampler.whole == whole
    drawn = sampler.draw(np.array([1, 2, 3]), np.random.default_rng(1))
    assert len(drawn.ordinals) == items if whole else len(drawn.ordinals) <= min(8_192, 65_536 // queries) + 3


def test_with_every_item_a_certain_candidate_it_is_the_softmax() -> None:
    torch.manual_seed(1)
    logits, targets = torch.randn(5, 9), torch.tensor([0, 3, 3, 8, 1])
    found = of_logits(logits, targets, None, NOTHING)
    expected = torch.nn.functional.cross_entropy(logits, targets)
    assert torch.allclose(found, expected, atol=1e-6)


def test_the_normaliser_is_right_on_average() -> None:
    """exp(loss) p-free: the mean over draws of the corrected sum is the full sum."""
    rng = np.random.default_rng(2)
    torch.manual_seed(2)
    scores, counts, target = torch.randn(40), rng.integers(0, 20, 40), 7
    sampler = CandidateSampler(counts, uniform=8, whole=0)
    sums = []
    for _ in range(600):
        drawn = sampler.draw(rng.choice(40, 6, p=counts / counts.sum()), rng)
        # Whether the target was drawn is not left to chance; all else is.
        ordinals = np.union1d(drawn.ordinals, [target])
        at = np.searchsorted(ordinals, target)
        kept = np.where(ordinals == target, 0.0, 1.0)
        log_inclusion = np.zeros(len(ordinals), np.float32)
        log_inclusion[kept == 1.0] = drawn.log_inclusion[drawn.ordinals != target]
        value = of_logits(
            scores[torch.from_numpy(ordinals)].unsqueeze(0), torch.tensor([at]),
            torch.from_numpy(log_inclusion), NOTHING,
        )
        sums.append(float((value + scores[target]).exp()))
    assert np.mean(sums) == pytest.approx(float(scores.exp().sum()), rel=0.06)


def test_items_of_the_own_history_are_no_negatives() -> None:
    logits = torch.zeros(1, 4)
    excluded = (torch.tensor([0, 0]), torch.tensor([1, 2]))
    found = of_logits(logits, torch.tensor([0]), None, excluded)
    assert found.item() == pytest.approx(np.log(2))


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("many", [1, 3])
def test_gradients_are_those_of_the_formula(many: int, corrected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss, "_SCORES_AT_ONCE", 3 * many * 9)  # three rows at a time, the last part shorter
    torch.manual_seed(4)
    queries, vectors = torch.randn(7, many, 5), torch.randn(9, 5)
    targets = torch.tensor([0, 3, 3, 8, 1, 2, 4])
    excluded = (torch.tensor([6, 0, 3, 3]), torch.tensor([0, 5, 5, 1]))
    correction = torch.rand(9).log() if corrected else None

    def plainly(queries: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
        scores = (queries @ vectors.T).amax(dim=1)
        rows, right = torch.arange(7), scores[torch.arange(7), targets]
        if correction is not None:
            scores = (scores - correction).index_put((rows, targets), right)
        return torch.nn.functional.cross_entropy(scores.index_put(excluded, torch.tensor(-1e9)), targets)

    found = []
    for of in (plainly, lambda q, v: softmax_loss(q, v, targets, correction, excluded)):
        given = queries.clone().requires_grad_(), vectors.clone().requires_grad_()
        value = of(*given)
        (2.0 * value).backward()
        found.append((value.detach(), *(each.grad for each in given)))
    for one, other in zip(*found, strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def test_balance_is_one_when_all_win_and_m_when_one_does() -> None:
    even = 50 * torch.eye(4).unsqueeze(0).expand(4, 4, 4)
    assert balance(even, torch.eye(4)).item() == pytest.approx(1.0, abs=0.05)
    assert balance(even, torch.eye(4)[:1].expand(4, 4)).item() == pytest.approx(4.0, abs=0.05)


def test_balance_pulls_up_those_that_never_win() -> None:
    torch.manual_seed(3)
    queries = torch.randn(64, 4, 8)
    queries[:, 0] *= 4.0
    queries.requires_grad_()
    targets = torch.randn(64, 8)
    before = balance(queries, targets)
    before.backward()
    after = balance(queries.detach() - 5.0 * queries.grad, targets)
    assert after < before


def test_queries_in_use_counts_winners() -> None:
    assert queries_in_use(np.array([5, 5, 5, 5])) == pytest.approx(4.0)
    assert queries_in_use(np.array([20, 0, 0, 0])) == pytest.approx(1.0)
    assert 1.0 < queries_in_use(np.array([19, 1, 0, 0])) < 2.0


def test_no_targets_is_an_error() -> None:
    with pytest.raises(ValueError, match="no training targets"):
        CandidateSampler(np.zeros(3), 4)
