package org.peft4j.transformers.internal.family;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.internal.quantized.stored.EightBitRows;
import org.peft4j.internal.quantized.stored.FourBitBlocks;
import org.peft4j.internal.quantized.stored.IntegerGroups;
import org.peft4j.internal.quantized.stored.PackedGroups;
import org.peft4j.internal.quantized.stored.PackedGroups.Layout;
import org.peft4j.internal.quantized.stored.StoredQuantization;
import org.peft4j.internal.quantized.stored.StoredWeights;
import org.peft4j.quantization.BlockQuantization;
import org.peft4j.quantization.GroupQuantization;
import org.peft4j.quantization.Quantization;
import org.peft4j.quantization.RowQuantization;

/**
 * {@code quantization_config} of a {@code config.json}: the form in which the checkpoint holds its
 * linear weights in fewer bits. bitsandbytes' forms, GPTQ, AWQ and the one of this library are
 * supported.
 */
public final class QuantizationFields {
  /** A field of this library: what enters the products with weights in 8 bits. */
  public static final String INPUTS = "peft4j_inputs";

  /** The {@code quant_method} of integers by groups as this library writes them. */
  public static final String GROUPS = "peft4j";

  /** Modules that are plain numbers. */
  public static final String SKIPPED = "modules_to_not_convert";

  /** Inputs are not rounded; without the field they are, as transformers does it. */
  public static final String AS_THEY_ARE = "as_they_are";

  private static final String FIELD = "quantization_config";
  private static final double THRESHOLD = 6;
  private static final int GROUP = 128;
  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 20);

  private QuantizationFields() {}

  /** The form of a folder's weights, whose config is known to be right; empty for plain numbers. */
  public static Optional<StoredQuantization> of(Path folder) {
    Path file = folder.resolve("config.json");
    return read(new ConfigFields(file.toString(), JSON.read(file)));
  }

  /** The form of the weights; empty for plain numbers. Problems are added to the fields'. */
  public static Optional<StoredQuantization> read(ConfigFields config) {
    if (!config.has(FIELD)) {
      return Optional.empty();
    }
    ConfigFields fields = config.object(FIELD);
    String method = fields.text("quant_method", bitsAndBytes(fields) ? "bitsandbytes" : "");
    return switch (method) {
      case "bitsandbytes" -> Optional.of(ofBitsAndBytes(fields));
      case "gptq" -> Optional.of(gptq(fields));
      case "awq" -> Optional.of(awq(fields));
      case GROUPS -> Optional.of(groups(fields));
      default -> {
        fields.check(false, "quant_method", "bitsandbytes, gptq, awq, peft4j");
        fields.ignoreRest();
        yield Optional.empty();
      }
    };
  }

  /** Older versions do not name the method. */
  private static boolean bitsAndBytes(ConfigFields fields) {
    return fields.has("load_in_4bit") || fields.has("load_in_8bit");
  }

  private static StoredQuantization ofBitsAndBytes(ConfigFields fields) {
    boolean four = fields.flag("load_in_4bit", fields.flag("_load_in_4bit", false));
    boolean eight = fields.flag("load_in_8bit", fields.flag("_load_in_8bit", false));
    fields.check(four != eight, "load_in_4bit", "true, or load_in_8bit true, and not both");
    // What the tensors say themselves: the size of blocks may differ.
    String format = fields.text("bnb_4bit_quant_type", "fp4");
    fields.check(List.of("nf4", "fp4").contains(format), "bnb_4bit_quant_type", "nf4, fp4");
    boolean twice = fields.flag("bnb_4bit_use_double_quant", false);
    fields.ignore(
        "bnb_4bit_compute_dtype", "bnb_4bit_quant_storage", "llm_int8_enable_fp32_cpu_offload");
    fields.only("llm_int8_has_fp16_weight", false);
    double threshold =
        fields.isNumber("llm_int8_threshold", 0) ? fields.number("llm_int8_threshold") : THRESHOLD;
    fields.only(INPUTS, AS_THEY_ARE);
    BlockQuantization blocks = format.equals("nf4") ? Quantization.nf4() : Quantization.fp4();
    RowQuantization rows =
        fields.has(INPUTS) ? Quantization.int8() : Quantization.llmInt8().withThreshold(threshold);
    return four
        ? stored(
            new FourBitBlocks(),
            blocks.withDoubleQuantization(twice),
            fields,
            "llm_int8_skip_modules")
        : stored(new EightBitRows(rows), rows, fields, "llm_int8_skip_modules");
  }

  /**
   * @param skipping the field with the modules that are plain numbers
   */
  private static StoredQuantization stored(
      StoredWeights weights, Quantization kind, ConfigFields fields, String skipping) {
    List<String> skipped = fields.texts(skipping);
    return new StoredQuantization(
        weights, skipped.isEmpty() ? kind : kind.withSkipModules(skipped));
  }

  private static StoredQuantization gptq(ConfigFields fields) {
    int bits = bits(fields, List.of(4, 8));
    String form = fields.text("checkpoint_format", fields.text("format", "gptq"));
    fields.check(List.of("gptq", "gptq_v2").contains(form), "checkpoint_format", "gptq, gptq_v2");
    fields.only("is_marlin_format", false);
    fields.ignore(
        "sym",
        "desc_act",
        "static_groups",
        "true_sequential",
        "act_group_aware",
        "damp_percent",
        "damp_auto_increment",
        "dataset",
        "tokenizer",
        "meta",
        "backend",
        "model_seqlen",
        "block_name_to_quantize",
        "module_name_preceding_first_block",
        "modules_in_block_to_quantize",
        "batch_size",
        "pad_token_id",
        "max_input_length",
        "cache_block_outputs",
        "use_exllama",
        "exllama_config",
        "disable_exllama",
        "use_cuda_fp16",
        "model_name_or_path",
        "model_file_base_name",
        "lm_head",
        "quantizer",
        "version",
        "pack_dtype");
    int size = groupSize(fields);
    return stored(
        new PackedGroups(Layout.INPUTS, bits, size, form.equals("gptq") ? 1 : 0),
        GroupQuantization.ofBits(bits).withGroupSize(size),
        fields,
        SKIPPED);
  }

  private static StoredQuantization awq(ConfigFields fields) {
    int bits = bits(fields, List.of(4));
    fields.only("zero_point", true);
    String version = fields.text("version", fields.text("format", "gemm"));
    fields.check(version.equalsIgnoreCase("gemm"), "version", "gemm");
    fields.ignore(
        "backend",
        "do_fuse",
        "fuse_max_seq_len",
        "modules_to_fuse",
        "exllama_config",
        "tokenizer",
        "dataset",
        "meta",
        "desc_act",
        "sym");
    int size = groupSize(fields);
    return stored(
        new PackedGroups(Layout.OUTPUTS, bits, size, 0),
        GroupQuantization.ofBits(bits).withGroupSize(size),
        fields,
        SKIPPED);
  }

  private static StoredQuantization groups(ConfigFields fields) {
    int bits = bits(fields, List.of(4, 8));
    int size = groupSize(fields);
    return stored(
        new IntegerGroups(bits, size),
        GroupQuantization.ofBits(bits).withGroupSize(size),
        fields,
        SKIPPED);
  }

  private static int bits(ConfigFields fields, List<Integer> allowed) {
    int bits = fields.count("bits", 4);
    fields.check(allowed.contains(bits), "bits", allowed.size() > 1 ? "4, 8" : "4");
    return allowed.contains(bits) ? bits : 4;
  }

  /** 0 for one group of all inputs, which files write as −1. */
  private static int groupSize(ConfigFields fields) {
    boolean whole = fields.isNumber("group_size", -1) && fields.number("group_size") == -1;
    int size = whole ? 0 : fields.count("group_size", GROUP);
    boolean good = size == 0 || size >= 8 && size <= 1024 && Integer.bitCount(size) == 1;
    fields.check(good, "group_size", "-1, 8, 16, 32, 64, 128, 256, 512, 1024");
    return good ? size : GROUP;
  }
}
