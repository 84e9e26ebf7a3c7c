package org.peft4j.transformers.architecture;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;

/**
 * A convolution with a square or oblong kernel, as a linear map of patches: {@code y = W·patch (+
 * b)}, with W [out, in, height, width] in checkpoints, seen as [out, in·height·width].
 *
 * @param site its name, channels and kernel
 * @param deviation the standard deviation of a new W
 */
public record ConvolutionPart(Site site, double deviation) implements ModulePart {
  /** A convolution of {@code in} to {@code out} channels. */
  public static ConvolutionPart of(
      String name, long in, long out, long height, long width, boolean bias, double deviation) {
    List<SiteParameter> parameters = new ArrayList<>();
    parameters.add(SiteParameter.weight("weight", out, in, height, width));
    if (bias) {
      parameters.add(SiteParameter.bias("bias", out));
    }
    List<Long> kernel = List.of(height, width);
    return new ConvolutionPart(
        Site.convolution(name, name, in, out, kernel, parameters), deviation);
  }

  /** The same, which files and adapters of before know as {@code other}. */
  public ConvolutionPart formerly(String other) {
    return new ConvolutionPart(site.formerly(other), deviation);
  }

  /** The elements of a patch: in·height·width. */
  public long patchSize() {
    return site.kernel().stream().reduce(site.inputs(), Math::multiplyExact);
  }
}
