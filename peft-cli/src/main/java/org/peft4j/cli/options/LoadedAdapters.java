package org.peft4j.cli.options;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.method.Combination;

/** Loads adapters of the command line into a model: the first is the default one. */
public final class LoadedAdapters {
  private final PeftModel<ComputationGraph> model;

  private LoadedAdapters(PeftModel<ComputationGraph> model) {
    this.model = model;
  }

  /** A model with all of them active, each times its weight. */
  public static PeftModel<ComputationGraph> active(
      ComputationGraph base, List<WeightedFolder> folders) {
    PeftModel<ComputationGraph> model = Peft.bare(base, 0);
    LoadedAdapters adapters = new LoadedAdapters(model);
    List<String> names = new ArrayList<>();
    for (WeightedFolder folder : folders) {
      names.add(adapters.load(name(names.size()), folder));
    }
    model.setActive(names);
    return model;
  }

  /** The name of the adapter with that number, from 0. */
  static String name(int number) {
    return number == 0 ? Peft.DEFAULT_ADAPTER : "adapter" + (number + 1);
  }

  private String load(String name, WeightedFolder folder) {
    if (folder.weight() == 1) {
      model.loadAdapter(name, folder.folder());
      return name;
    }
    String whole = name + "_unweighted";
    model.loadAdapter(whole, folder.folder());
    model.addWeightedAdapter(
        List.of(whole), List.of(folder.weight()), name, Combination.of(Combination.Type.CAT));
    model.delete(whole);
    return name;
  }
}
