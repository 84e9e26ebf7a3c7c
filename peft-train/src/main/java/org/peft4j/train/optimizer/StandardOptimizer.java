package org.peft4j.train.optimizer;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.method.TensorPlace;

/** The optimizers by name, with their usual constants. */
public enum StandardOptimizer implements OptimizerFactory {
  /** {@link AdamW}: 8 bytes of state for each parameter. */
  ADAMW((parameters, places) -> new AdamW(parameters), place -> 8 * place.count()),
  /** {@link EightBitAdamW}: 2 bytes. */
  ADAMW_8BIT(EightBitAdamW::new, EightBitAdamW::stateBytes),
  /** {@link AdamW} whose state lies in a mapped file of the temporary folder. */
  PAGED_ADAMW((parameters, places) -> AdamW.paged(parameters), place -> 0),
  /** {@link Adafactor} at the rate of the schedule: some bytes for each row and column. */
  ADAFACTOR(Adafactor::new, place -> 4 * Moments.of(place).count()),
  /** {@link Lion}: 4 bytes. */
  LION((parameters, places) -> new Lion(parameters), place -> 4 * place.count()),
  /** {@link Sgd} with a momentum of 0.9: 4 bytes. */
  SGD((parameters, places) -> new Sgd(parameters, Sgd.MOMENTUM), place -> 4 * place.count());

  private final OptimizerFactory factory;
  private final ToLongFunction<TensorPlace> bytes;

  StandardOptimizer(OptimizerFactory factory, ToLongFunction<TensorPlace> bytes) {
    this.factory = factory;
    this.bytes = bytes;
  }

  /**
   * The optimizer of a name: {@code adamw}, {@code adamw-8bit} …
   *
   * @throws PeftException if there is none
   */
  public static StandardOptimizer named(String id) {
    return Arrays.stream(values())
        .filter(optimizer -> optimizer.id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new PeftException(
                    "The optimizer is \""
                        + id
                        + "\"; allowed: "
                        + String.join(
                            ", ", Arrays.stream(values()).map(StandardOptimizer::id).toList())
                        + "."));
  }

  /** Its name in options: {@code adamw-8bit}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The bytes of memory that its state takes for a tensor of that shape in single precision; 0 for
   * {@link #PAGED_ADAMW}, whose state the system moves out when it needs the memory.
   */
  public long stateBytes(List<Long> shape) {
    return bytes.applyAsLong(new TensorPlace("", "", shape, 0));
  }

  @Override
  public Optimizer create(INDArray parameters, List<TensorPlace> places) {
    return factory.create(parameters, places);
  }
}
