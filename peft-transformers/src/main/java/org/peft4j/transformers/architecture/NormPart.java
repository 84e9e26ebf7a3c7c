package org.peft4j.transformers.architecture;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.site.SiteRole;

/**
 * A normalisation of each row.
 *
 * @param site its name and width
 * @param kind its formula
 * @param epsilon the term added to the variance, or to the mean square
 */
public record NormPart(Site site, Kind kind, double epsilon) implements ModulePart {
  /** The formula, with weight w and bias b. */
  public enum Kind {
    /** Layer normalisation (Ba et al., 2016): {@code w·(x − μ)/σ (+ b)}. */
    LAYER,
    /** Root mean square (Zhang and Sennrich, 2019): {@code w·x/rms(x)}. */
    RMS,
    /** Root mean square with a weight around 0, as in Gemma: {@code (1 + w)·x/rms(x)}. */
    RMS_ONE_PLUS
  }

  /** Layer normalisation with weight and bias. */
  public static NormPart layer(String name, long width, double epsilon) {
    return layer(name, width, epsilon, true);
  }

  /** Layer normalisation, with or without a bias. */
  public static NormPart layer(String name, long width, double epsilon, boolean bias) {
    List<SiteParameter> parameters = new ArrayList<>();
    parameters.add(SiteParameter.weight("weight", width));
    if (bias) {
      parameters.add(SiteParameter.bias("bias", width));
    }
    return new NormPart(site(name, parameters), Kind.LAYER, epsilon);
  }

  /** Root mean square with a weight. */
  public static NormPart rms(String name, long width, double epsilon) {
    return new NormPart(
        site(name, List.of(SiteParameter.weight("weight", width))), Kind.RMS, epsilon);
  }

  /** Root mean square with a weight around 0. */
  public static NormPart onePlus(String name, long width, double epsilon) {
    return new NormPart(
        site(name, List.of(SiteParameter.weight("weight", width))), Kind.RMS_ONE_PLUS, epsilon);
  }

  /** The same, which files and adapters of before know as {@code other}. */
  public NormPart formerly(String other) {
    return new NormPart(site.formerly(other), kind, epsilon);
  }

  /** The number of features. */
  public long width() {
    return site.parameters().get(0).count();
  }

  private static Site site(String name, List<SiteParameter> parameters) {
    return Site.parameters(name, name, SiteKind.NORM, parameters).as(SiteRole.NORM);
  }
}
