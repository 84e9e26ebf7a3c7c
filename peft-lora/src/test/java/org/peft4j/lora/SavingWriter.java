package org.peft4j.lora;

import java.nio.file.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.testing.Killing;

/** A process that saves two adapters of different shape in turn until it is killed. */
final class SavingWriter {
  private SavingWriter() {}

  static PeftModel<ComputationGraph> first() {
    return Peft.wrap(
        SmallModel.graph(), LoraConfig.builder().rank(2).targetModules("dense1").build());
  }

  static PeftModel<ComputationGraph> second() {
    return Peft.wrap(
        SmallModel.graph(), LoraConfig.builder().rank(3).targetModules("dense2").build());
  }

  public static void main(String[] arguments) {
    Path folder = Path.of(arguments[0]);
    PeftModel<ComputationGraph> first = first();
    PeftModel<ComputationGraph> second = second();
    first.save(folder);
    System.out.println(Killing.SAVING);
    while (true) {
      second.save(folder);
      first.save(folder);
    }
  }
}
