package org.peft4j.transformers.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.site.Site;

/**
 * A branch beside a residual connection: {@code factor·after(mixer(before(x)))}.
 *
 * @param before the norm of its input
 * @param after the norm of its output
 * @param factor of its output: below 1 in Granite
 * @param place the site where adapters change its output, before the addition
 */
public record BranchPart(
    Optional<NormPart> before,
    MixerPart mixer,
    Optional<NormPart> after,
    double factor,
    Site place) {
  /** Gives the place the mixer's role. */
  public BranchPart {
    place = place.as(mixer.role());
  }

  /** A branch whose output is added as it is. */
  public BranchPart(
      Optional<NormPart> before, MixerPart mixer, Optional<NormPart> after, Site place) {
    this(before, mixer, after, 1, place);
  }

  /** Its modules, in the order of the forward pass. */
  public List<ModulePart> modules() {
    List<ModulePart> modules = new ArrayList<>();
    before.ifPresent(modules::add);
    modules.addAll(mixer.modules());
    after.ifPresent(modules::add);
    return modules;
  }

  /** The sites between its modules. */
  public List<Site> places() {
    List<Site> places = new ArrayList<>(mixer.places());
    places.add(place);
    return places;
  }
}
