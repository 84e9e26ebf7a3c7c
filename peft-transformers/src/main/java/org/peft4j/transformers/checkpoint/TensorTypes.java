package org.peft4j.transformers.checkpoint;

import java.util.HashMap;
import java.util.Map;
import org.peft4j.internal.torch.WeightFiles;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.architecture.CheckpointNames;

/** The type of each written tensor. */
interface TensorTypes {
  DType of(String name);

  /** One type for all. */
  static TensorTypes of(DType type) {
    return name -> type;
  }

  /** Each tensor's type in the model's folder, under any of its names there. */
  static TensorTypes original(TransformerModel model) {
    Map<String, DType> types = new HashMap<>();
    CheckpointNames names = model.architecture().names();
    String prefix = names.bodyPrefix() + ".";
    try (TensorSource source = WeightFiles.open(model.folder())) {
      source
          .tensors()
          .forEach(
              (name, info) -> {
                if (info.dtype().isFloating()) {
                  types.put(name, info.dtype());
                  types.putIfAbsent(prefix + name, info.dtype());
                  types.putIfAbsent(names.own(name), info.dtype());
                }
              });
    }
    // A formerly tied head has the table's type, and so has what the folder holds in fewer bits.
    DType fallback =
        model.architecture().body().input().table().map(t -> types.get(t.key())).orElse(DType.F32);
    return name -> types.getOrDefault(name, fallback);
  }
}
