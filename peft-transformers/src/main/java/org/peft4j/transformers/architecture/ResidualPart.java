package org.peft4j.transformers.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/**
 * A residual sub-layer of a block: {@code y = after(x + Σ branch(before(x)))}.
 *
 * <ul>
 *   <li>Pre-norm (GPT-2, Llama): one branch, {@code before}.
 *   <li>Post-norm (BERT, OPT-350m): one branch, {@code after}.
 *   <li>Sandwich (Gemma 2): one branch with norms on both sides.
 *   <li>Parallel (GPT-J, GPT-NeoX): two branches, with one shared norm before, or one each.
 * </ul>
 *
 * @param before the norm that all branches share
 * @param after the norm of the sum
 */
public record ResidualPart(
    Optional<NormPart> before, List<BranchPart> branches, Optional<NormPart> after) {
  public ResidualPart {
    branches = List.copyOf(branches);
    if (branches.isEmpty()) {
      throw new IllegalArgumentException("A residual sub-layer needs at least one branch.");
    }
    if (before.isPresent() && branches.stream().anyMatch(b -> b.before().isPresent())) {
      throw new IllegalArgumentException(
          "The branches of "
              + before.get().site().name()
              + " share that norm, and one has its own norm before it; allowed: one or the other.");
    }
  }

  /** {@code y = x + mixer(norm(x))}. */
  public static ResidualPart preNorm(NormPart norm, MixerPart mixer, Site place) {
    return new ResidualPart(Optional.of(norm), List.of(branch(mixer, place)), Optional.empty());
  }

  /** {@code y = norm(x + mixer(x))}. */
  public static ResidualPart postNorm(NormPart norm, MixerPart mixer, Site place) {
    return new ResidualPart(Optional.empty(), List.of(branch(mixer, place)), Optional.of(norm));
  }

  /** {@code y = x + after(mixer(before(x)))}. */
  public static ResidualPart sandwich(
      Optional<NormPart> before, MixerPart mixer, NormPart after, Site place) {
    BranchPart branch = new BranchPart(before, mixer, Optional.of(after), place);
    return new ResidualPart(Optional.empty(), List.of(branch), Optional.empty());
  }

  /** {@code y = x + attention(norm(x)) + mlp(norm(x))}, both with their own places. */
  public static ResidualPart parallel(
      NormPart norm, MixerPart attention, Site place, MixerPart mlp, Site mlpPlace) {
    return new ResidualPart(
        Optional.of(norm),
        List.of(branch(attention, place), branch(mlp, mlpPlace)),
        Optional.empty());
  }

  /** The same with a norm for each branch. */
  public static ResidualPart parallel(
      NormPart norm,
      MixerPart attention,
      Site place,
      NormPart mlpNorm,
      MixerPart mlp,
      Site mlpPlace) {
    return new ResidualPart(
        Optional.empty(),
        List.of(
            new BranchPart(Optional.of(norm), attention, Optional.empty(), place),
            new BranchPart(Optional.of(mlpNorm), mlp, Optional.empty(), mlpPlace)),
        Optional.empty());
  }

  private static BranchPart branch(MixerPart mixer, Site place) {
    return new BranchPart(Optional.empty(), mixer, Optional.empty(), place);
  }

  /** The site where adapters change the output, {@code width} wide, of the branch of that name. */
  public static Site place(String name, long width) {
    return Site.place(name, name, SiteKind.SUBLAYER, width, width);
  }

  /** Its modules, in the order of the forward pass. */
  public List<ModulePart> modules() {
    List<ModulePart> modules = new ArrayList<>();
    before.ifPresent(modules::add);
    branches.forEach(branch -> modules.addAll(branch.modules()));
    after.ifPresent(modules::add);
    return modules;
  }

  /** The sites between its modules. */
  public List<Site> places() {
    return branches.stream().flatMap(branch -> branch.places().stream()).toList();
  }
}
