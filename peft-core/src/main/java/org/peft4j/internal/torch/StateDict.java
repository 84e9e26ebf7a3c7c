package org.peft4j.internal.torch;

import static org.peft4j.internal.Quoted.quoted;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.peft4j.error.PeftException;
import org.peft4j.internal.torch.Value.Storage;
import org.peft4j.internal.torch.Value.Table;
import org.peft4j.internal.torch.Value.Tensor;
import org.peft4j.safetensors.SafetensorsLimits;

/** The tensors of a dictionary from names to tensors, and nothing else. */
final class StateDict {
  private StateDict() {}

  /** The storages of its tensors, by key. */
  static Map<String, Storage> storages(Value root) {
    Map<String, Storage> storages = new HashMap<>();
    if (root instanceof Table table) {
      for (Value value : table.entries().values()) {
        if (value instanceof Tensor tensor) {
          storages.put(tensor.storage().key(), tensor.storage());
        }
      }
    }
    return storages;
  }

  static SortedMap<String, StoredTensor> read(Path file, Container container) {
    if (!(container.root() instanceof Table table)) {
      throw new PeftException(
          file
              + " holds "
              + container.root().description()
              + "; needed: a state dict, from names to tensors.");
    }
    SafetensorsLimits limits = SafetensorsLimits.defaults();
    if (table.entries().size() > limits.maxTensors()) {
      throw new PeftException(
          file
              + " holds "
              + table.entries().size()
              + " tensors; allowed: "
              + limits.maxTensors()
              + ".");
    }
    SortedMap<String, StoredTensor> tensors = new TreeMap<>();
    table
        .entries()
        .forEach(
            (name, value) -> {
              if (name.isEmpty() || name.length() > limits.maxNameLength()) {
                throw new PeftException(file + ": the name " + quoted(name) + " is not allowed.");
              }
              if (!(value instanceof Tensor tensor)) {
                throw new PeftException(
                    file
                        + ": "
                        + quoted(name)
                        + " is "
                        + value.description()
                        + ", not a tensor. Save the state dict of the model alone.");
              }
              long start = container.start(tensor.storage());
              tensors.put(name, StoredTensor.of(file, name, tensor, start));
            });
    return tensors;
  }
}
