package org.peft4j.internal.adapted;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.site.Site;

/**
 * A part of a network in its summary.
 *
 * @param type the class of the base model's layer or vertex
 * @param widths features in and out, or {@code -}
 * @param frozen the number of the base model's parameters here
 * @param trainable the number of the adapters'
 * @param shapes the adapters' tensors with their shapes
 */
public record PartSummary(
    String name, String type, String widths, long frozen, long trainable, String shapes) {
  /** A vertex without parameters. */
  public static PartSummary without(String name, String type) {
    return new PartSummary(name, type, "-", 0, 0, "-");
  }

  static PartSummary of(
      String name,
      String type,
      String widths,
      AdapterContext context,
      Map<String, INDArray> parameters) {
    return new PartSummary(
        name,
        type,
        widths,
        context.sites(name).stream().mapToLong(Site::count).sum(),
        parameters.values().stream().mapToLong(INDArray::length).sum(),
        parameters.isEmpty()
            ? "-"
            : parameters.entrySet().stream()
                .map(e -> e.getKey() + ":" + Arrays.toString(e.getValue().shape()))
                .collect(Collectors.joining(", ")));
  }

  static String widths(Layer layer) {
    if (layer instanceof FeedForwardLayer stated) {
      return stated.getNIn() + "," + stated.getNOut();
    }
    if (layer instanceof Bidirectional both) {
      return both.getNIn() + "," + both.getNOut();
    }
    return layer instanceof BaseWrapperLayer wrapper ? widths(wrapper.getUnderlying()) : "-";
  }
}
