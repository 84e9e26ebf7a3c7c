package org.peft4j.transformers.architecture;

import java.util.List;
import java.util.Optional;

/**
 * A residual sub-layer of a block: {@code y = after(x + Σ branch(before(x)))}.
 *
 * <ul>
 *   <li>Pre-norm (GPT-2, Llama): one branch, {@code before}.
 *   <li>Post-norm (BERT, OPT-350m): one branch, {@code after}.
 *   <li>Sandwich (Gemma 2): one branch with norms of its own on both sides.
 *   <li>Parallel (GPT-J, GPT-NeoX): two branches, with one norm before or one each.
 * </ul>
 *
 * @param before the norm that all branches share
 * @param after the norm of the sum
 */
public record ResidualPart(
    Optional<NormPart> before, List<BranchPart> branches, Optional<NormPart> after) {
  public ResidualPart {
    branches = List.copyOf(branches);
  }
}
