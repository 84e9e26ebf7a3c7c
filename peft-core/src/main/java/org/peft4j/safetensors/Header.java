package org.peft4j.safetensors;

import java.util.List;
import java.util.Map;

/**
 * A checked header.
 *
 * @param tensors in the order of their data, which they cover without overlap or hole
 * @param metadata the entries of {@code __metadata__}, in file order
 * @param dataStart the file position of the first byte of data
 */
record Header(List<TensorInfo> tensors, Map<String, String> metadata, long dataStart) {}
