package org.peft4j.diffusion.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.internal.json.JsonWriter;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * CLIP's tokenizer from {@code vocab.json} and {@code merges.txt}, the two files that diffusers'
 * folders have, as transformers makes it from them: lower case, words, bytes, and pairs that are
 * merged with {@code </w>} at the end of a word.
 */
final class ClipTokenizerFile {
  private static final String BEGIN = "<|startoftext|>";
  private static final String END = "<|endoftext|>";
  private static final String WORDS =
      "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
  private static final JsonReader JSON = JsonReader.upTo(1 << 25, 1 << 20);
  private static final long LARGEST_MERGES = 1 << 25;

  private ClipTokenizerFile() {}

  /**
   * The tokenizer of a folder: its {@code tokenizer.json}, or made from the two files.
   *
   * @throws PeftException if neither is there, or one is broken
   */
  static Tokenizer load(Path folder) {
    if (Files.exists(folder.resolve("tokenizer.json"))) {
      return Tokenizer.load(folder);
    }
    ObjectNode json = json(folder);
    try {
      Path made = Files.createTempDirectory("peft-tokenizer");
      try {
        JsonWriter.write(made.resolve("tokenizer.json"), json);
        return Tokenizer.load(made);
      } finally {
        Files.deleteIfExists(made.resolve("tokenizer.json"));
        Files.deleteIfExists(made);
      }
    } catch (IOException e) {
      throw new PeftException("Cannot make a tokenizer of " + folder + ": " + e, e);
    }
  }

  private static ObjectNode json(Path folder) {
    ObjectNode vocabulary = JSON.readObject(folder.resolve("vocab.json"));
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("version", "1.0").putNull("truncation").putNull("padding");
    ArrayNode added = json.putArray("added_tokens");
    for (String token : List.of(BEGIN, END)) {
      added
          .addObject()
          .put("id", id(folder, vocabulary, token))
          .put("content", token)
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    normalizer(json.putObject("normalizer"));
    preTokenizer(json.putObject("pre_tokenizer"));
    ObjectNode around = json.putObject("post_processor").put("type", "RobertaProcessing");
    around.putArray("sep").add(END).add(id(folder, vocabulary, END));
    around.putArray("cls").add(BEGIN).add(id(folder, vocabulary, BEGIN));
    around.put("trim_offsets", false).put("add_prefix_space", false);
    byteLevel(json.putObject("decoder"));
    ObjectNode model = json.putObject("model").put("type", "BPE").putNull("dropout");
    model.put("unk_token", END).put("continuing_subword_prefix", "");
    model.put("end_of_word_suffix", "</w>").put("fuse_unk", false).put("byte_fallback", false);
    model.put("ignore_merges", false);
    model.set("vocab", vocabulary);
    merges(folder, model.putArray("merges"));
    return json;
  }

  private static int id(Path folder, ObjectNode vocabulary, String token) {
    JsonNode id = vocabulary.path(token);
    if (!id.isInt()) {
      throw new PeftException(
          folder.resolve("vocab.json") + " has no token " + token + ", which CLIP's has.");
    }
    return id.intValue();
  }

  private static void normalizer(ObjectNode node) {
    ArrayNode all = node.put("type", "Sequence").putArray("normalizers");
    all.addObject().put("type", "NFC");
    ObjectNode spaces = all.addObject().put("type", "Replace");
    spaces.putObject("pattern").put("Regex", "\\s+");
    spaces.put("content", " ");
    all.addObject().put("type", "Lowercase");
  }

  private static void preTokenizer(ObjectNode node) {
    ArrayNode all = node.put("type", "Sequence").putArray("pretokenizers");
    ObjectNode words = all.addObject().put("type", "Split");
    words.putObject("pattern").put("Regex", WORDS);
    words.put("behavior", "Removed").put("invert", true);
    byteLevel(all.addObject());
  }

  private static void byteLevel(ObjectNode node) {
    node.put("type", "ByteLevel").put("add_prefix_space", false);
    node.put("trim_offsets", true).put("use_regex", true);
  }

  private static void merges(Path folder, ArrayNode merges) {
    Path file = folder.resolve("merges.txt");
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > LARGEST_MERGES) {
        throw new PeftException(
            file + " is not there, or has more than " + LARGEST_MERGES + " bytes.");
      }
      List<String> lines = Files.readAllLines(file);
      for (int i = 0; i < lines.size(); i++) {
        String line = lines.get(i);
        if (line.isBlank() || i == 0 && line.startsWith("#version")) {
          continue;
        }
        String[] pair = line.split(" ", -1);
        if (pair.length != 2) {
          throw new PeftException(
              file + ", line " + (i + 1) + " has " + pair.length + " parts; allowed: 2.");
        }
        merges.addArray().add(pair[0]).add(pair[1]);
      }
    } catch (IOException e) {
      throw new PeftException("Cannot read " + file + ": " + e, e);
    }
  }
}
