package org.peft4j.method;

import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.PeftConfig;

/**
 * One adapter of a model, as methods, trainers and tools see it. The view follows the adapter:
 * after a change of config or values it shows the new ones. Once the adapter has been deleted,
 * every call but {@link #name} throws a {@link org.peft4j.error.PeftException}.
 */
public interface AdapterView {
  /** Its name in the model. */
  String name();

  /** Its config. */
  PeftConfig config();

  /**
   * What its config asks for in vain: fields that are not known here, such as those of a newer
   * Hugging Face PEFT, and names that match nothing in this model. Each was logged as a warning
   * when the adapter was added or loaded.
   */
  List<String> warnings();

  /** Its parts at the single sites, in the order of the forward pass. */
  List<Adapter> parts();

  /** Its tensors by their key in an adapter file, as they are now: views, not copies. */
  Map<String, INDArray> tensors();

  /**
   * The gradients of its tensors by the tensor's key, as the last backward pass left them: views,
   * not copies. Only an active adapter has gradients.
   *
   * @throws org.peft4j.error.PeftException if it is not active
   */
  Map<String, INDArray> gradients();

  /**
   * Replaces the config that is saved with the adapter by one that records a training's result,
   * such as the ranks it kept. Tensors and function stay as they are.
   *
   * @throws org.peft4j.error.PeftException if the config is of another method
   */
  void amendConfig(PeftConfig config);

  /**
   * Replaces config and values, for instance by those of another rank. An active adapter stays
   * active. The updater's state is kept if no shape changes, and starts anew otherwise.
   *
   * @param values every tensor of the new config by its key in an adapter file; they are copied
   * @throws org.peft4j.error.PeftException if the config is impossible here, a tensor is missing,
   *     unexpected or of another shape, or adapters are merged; nothing is changed then
   */
  void redefine(PeftConfig config, Map<String, INDArray> values);
}
