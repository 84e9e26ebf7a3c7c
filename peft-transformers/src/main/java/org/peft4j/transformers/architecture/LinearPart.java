package org.peft4j.transformers.architecture;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.site.SiteRole;

/**
 * A linear map {@code y = W·x (+ b)}.
 *
 * @param site its name, shape and role
 * @param inputsFirst whether a checkpoint stores W as [in, out] instead of [out, in]
 * @param deviation the standard deviation of a new W
 */
public record LinearPart(Site site, boolean inputsFirst, double deviation) implements ModulePart {
  /** A map stored as [out, in]. */
  public static LinearPart of(
      String name, SiteRole role, long in, long out, boolean bias, double deviation) {
    return new LinearPart(site(name, role, in, out, bias, false), false, deviation);
  }

  /** A map stored as [in, out], with a bias: the {@code Conv1D} of GPT-2. */
  public static LinearPart inputsFirst(
      String name, SiteRole role, long in, long out, double deviation) {
    return new LinearPart(site(name, role, in, out, true, true), true, deviation);
  }

  private static Site site(
      String name, SiteRole role, long in, long out, boolean bias, boolean inputsFirst) {
    List<SiteParameter> parameters = new ArrayList<>();
    parameters.add(
        inputsFirst
            ? SiteParameter.weight("weight", in, out)
            : SiteParameter.weight("weight", out, in));
    if (bias) {
      parameters.add(SiteParameter.bias("bias", out));
    }
    return Site.linear(name, name, in, out, parameters).as(role);
  }

  /** The same, which files and adapters of before know as {@code other}. */
  public LinearPart formerly(String other) {
    return new LinearPart(site.formerly(other), inputsFirst, deviation);
  }

  /** The width of its input. */
  public long inputs() {
    return site.inputs();
  }

  /** The width of its result. */
  public long outputs() {
    return site.outputs();
  }
}
