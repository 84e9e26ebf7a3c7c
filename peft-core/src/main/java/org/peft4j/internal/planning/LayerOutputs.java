package org.peft4j.internal.planning;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.error.PeftException;

/**
 * Estimates the activations of Deeplearning4j's own layers. Training keeps the outputs of all
 * layers from the forward to the backward pass. The backward pass adds the gradients of two layers,
 * and as much again for the layer at work, as a dense layer needs it. Recurrent, convolution and
 * attention layers need more.
 */
public final class LayerOutputs {
  private static final int GRADIENTS = 2;
  private static final int WORKING = 2;

  private LayerOutputs() {}

  /**
   * Bytes for a batch.
   *
   * @param batch examples at once
   * @param inputs the type of each input, sequences with their length
   * @throws PeftException if the batch is not positive, or the types do not fit the network
   */
  public static long bytes(
      ComputationGraphConfiguration configuration,
      DataType type,
      int batch,
      List<InputType> inputs) {
    // A clone, because asking for types sets missing sizes.
    ComputationGraphConfiguration copy = configuration.clone();
    Map<String, InputType> outputs = new HashMap<>();
    try {
      outputs.putAll(copy.getLayerActivationTypes(false, inputs.toArray(InputType[]::new)));
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw misfit(inputs, e);
    }
    outputs.keySet().removeAll(configuration.getNetworkInputs());
    return bytes(outputs.values(), type, batch);
  }

  /**
   * Like {@link #bytes(ComputationGraphConfiguration, DataType, int, List)}, for a chain of layers.
   */
  public static long bytes(
      MultiLayerConfiguration configuration, DataType type, int batch, InputType input) {
    try {
      return bytes(configuration.clone().getLayerActivationTypes(input), type, batch);
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw misfit(List.of(input), e);
    }
  }

  private static long bytes(Collection<InputType> outputs, DataType type, int batch) {
    if (batch < 1) {
      throw new PeftException("The batch is " + batch + "; allowed: 1 and above.");
    }
    List<Long> sizes = new ArrayList<>();
    for (InputType output : outputs) {
      sizes.add(elements(output));
    }
    long held = sizes.stream().mapToLong(Long::longValue).sum();
    long largest = sizes.isEmpty() ? 0 : Collections.max(sizes);
    return Math.multiplyExact(held + (GRADIENTS + WORKING) * largest, (long) batch * type.width());
  }

  private static long elements(InputType output) {
    if (output instanceof InputType.InputTypeRecurrent sequence
        && sequence.getTimeSeriesLength() < 1) {
      throw new PeftException(
          "The sequence length is unknown. Give it: InputType.recurrent(size, length).");
    }
    return output.arrayElementsPerExample();
  }

  private static PeftException misfit(List<InputType> inputs, RuntimeException cause) {
    return new PeftException(
        "Inputs of the types " + inputs + " do not fit this network: " + cause.getMessage(), cause);
  }
}
