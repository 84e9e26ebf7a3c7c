package org.peft4j.diffusion.internal.architecture;

import java.util.List;
import org.peft4j.kernel.Convolution.Window;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;

/**
 * A convolution with a bias.
 *
 * @param site its name and shapes
 * @param window kernel, stride and padding
 */
public record ConvolutionPart(Site site, Window window) {
  /** A convolution of that name. */
  public static ConvolutionPart of(String name, long in, long out, Window window) {
    List<Long> kernel = List.of((long) window.kernelHeight(), (long) window.kernelWidth());
    List<SiteParameter> parameters =
        List.of(
            SiteParameter.weight("weight", out, in, kernel.get(0), kernel.get(1)),
            SiteParameter.bias("bias", out));
    return new ConvolutionPart(Site.convolution(name, name, in, out, kernel, parameters), window);
  }

  /** A convolution that changes no extent: 3 × 3, or another odd kernel. */
  public static ConvolutionPart same(String name, long in, long out, int kernel) {
    return of(name, in, out, Window.square(kernel, 1, (kernel - 1) / 2));
  }

  /** The channels of its result. */
  public long outputs() {
    return site.outputs();
  }
}
