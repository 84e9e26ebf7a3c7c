package org.peft4j.diffusion.internal.architecture;

import java.util.List;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.site.SiteRole;

/**
 * A normalisation of groups of channels.
 *
 * @param site its name and width
 * @param groups a divisor of the channels
 * @param epsilon the term added to the variance
 */
public record GroupNormPart(Site site, int groups, double epsilon) {
  /** A norm of that name. */
  public static GroupNormPart of(String name, long channels, int groups, double epsilon) {
    List<SiteParameter> parameters =
        List.of(SiteParameter.weight("weight", channels), SiteParameter.bias("bias", channels));
    return new GroupNormPart(
        Site.parameters(name, name, SiteKind.NORM, parameters).as(SiteRole.NORM), groups, epsilon);
  }
}
