package org.peft4j.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Damages tokenizer files, and makes odd texts for them. */
final class TokenizerMutations {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static final String[] NORMALIZERS = {
    "{'type':'NFC'}",
    "{'type':'NFKD'}",
    "{'type':'Lowercase'}",
    "{'type':'StripAccents'}",
    "{'type':'Nmt'}",
    "{'type':'BertNormalizer','clean_text':true,'handle_chinese_chars':true,'strip_accents':true,'lowercase':true}",
    "{'type':'Prepend','prepend':'%T'}",
    "{'type':'Replace','pattern':{'String':'%T'},'content':'%T'}",
    "{'type':'Replace','pattern':{'Regex':'%E'},'content':'%T'}",
    "{'type':'Precompiled','precompiled_charsmap':'%B'}",
    "{'type':'Strip','strip_left':true,'strip_right':true}",
    "{'type':'ByteLevel'}",
  };

  private static final String[] PRE_TOKENIZERS = {
    "{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':true,'use_regex':true}",
    "{'type':'Metaspace','replacement':'▁','prepend_scheme':'always','split':true}",
    "{'type':'Metaspace','replacement':'%T','prepend_scheme':'first','split':false}",
    "{'type':'Split','pattern':{'Regex':'%E'},'behavior':'Isolated','invert':false}",
    "{'type':'Split','pattern':{'Regex':'%E'},'behavior':'MergedWithNext','invert':true}",
    "{'type':'Split','pattern':{'String':'%T'},'behavior':'Removed','invert':false}",
    "{'type':'Split','pattern':{'String':'%T'},'behavior':'Contiguous','invert':true}",
    "{'type':'Punctuation','behavior':'MergedWithPrevious'}",
    "{'type':'Digits','individual_digits':true}",
    "{'type':'CharDelimiterSplit','delimiter':'%T'}",
    "{'type':'FixedLength','length':%N}",
    "{'type':'BertPreTokenizer'}",
    "{'type':'UnicodeScripts'}",
    "{'type':'Whitespace'}",
    "{'type':'WhitespaceSplit'}",
  };

  private static final String[] DECODERS = {
    "{'type':'Strip','content':'%T','start':%N,'stop':%N}",
    "{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':true,'use_regex':true}",
    "{'type':'Metaspace','replacement':'▁','prepend_scheme':'always','split':true}",
    "{'type':'Metaspace','replacement':'%T','prepend_scheme':'first','split':false}",
    "{'type':'ByteFallback'}",
    "{'type':'Fuse'}",
    "{'type':'BPEDecoder','suffix':'%T'}",
    "{'type':'WordPiece','prefix':'%T','cleanup':true}",
    "{'type':'CTC','pad_token':'%T','word_delimiter_token':'%T','cleanup':true}",
    "{'type':'Replace','pattern':{'String':'%T'},'content':'%T'}",
    "{'type':'Replace','pattern':{'Regex':'%E'},'content':'%T'}",
  };

  private static final String[] POST_PROCESSORS = {
    "{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':true,'use_regex':true}",
    "{'type':'BertProcessing','sep':['%T',%N],'cls':['%T',%N]}",
    "{'type':'RobertaProcessing','sep':['%T',%N],'cls':['%T',%N],'trim_offsets':true,'add_prefix_space':true}",
    "{'type':'TemplateProcessing','single':[{'SpecialToken':{'id':'x','type_id':0}},{'Sequence':{'id':'A','type_id':%N}}],'pair':[],'special_tokens':{'x':{'id':'x','ids':[%N],'tokens':['%T']}}}",
    "{'type':'TemplateProcessing','single':[{'Sequence':{'id':'B','type_id':0}}],'pair':[],'special_tokens':{}}",
  };

  private static final String[] MODELS = {
    "{'type':'BPE','dropout':null,'unk_token':'%T','continuing_subword_prefix':'%T','end_of_word_suffix':'%T','fuse_unk':true,'byte_fallback':true,'ignore_merges':true,'vocab':{'a':0,'b':1,'ab':%N,' ':3,'%T':4},'merges':['a b']}",
    "{'type':'Unigram','unk_id':%N,'vocab':[['<unk>',0],['a',-1.5],['%T',%N],['ab',-3]],'byte_fallback':true}",
    "{'type':'WordPiece','unk_token':'%T','continuing_subword_prefix':'%T','max_input_chars_per_word':%N,'vocab':{'a':0,'##b':1,'%T':2,'<unk>':%N}}",
    "{'type':'WordLevel','unk_token':'%T','vocab':{'a':0,'b':1,'%T':2,'<unk>':%N}}",
  };

  private static final String[] TEXTS = {
    "a",
    "b",
    " ",
    "  ",
    "▁",
    "",
    "<s>",
    "</s>",
    "<unk>",
    "<|im_end|>",
    "x",
    "##",
    "é",
    "\u0301",
    "😀",
    "ab",
    "\n",
    "\t",
    "東",
    "ﷺ",
    "\u0130",
    "\u0000",
    "'",
    ".",
    "</w>",
    "aaaa",
    "\ufeff",
    "\u00a0",
  };

  private static final String[] EXPRESSIONS = {
    "\\\\s+",
    "a",
    "[a-z]",
    "\\\\p{L}+",
    "(?!\\\\S)",
    "|",
    "?",
    "+",
    "*",
    "(?:",
    ")",
    "(?i:'s|'t)",
    "\\\\d{1,3}",
    "[^\\\\s\\\\p{L}]",
    "[\\\\r\\\\n]*",
    "$",
    "^",
    "\\\\b",
    ".",
    " ?",
    "(?=a)",
    "(?<=a)",
    "{2,}",
    "[[:alpha:]&&[^a]]",
    "++",
    "\\\\x{1F600}",
    "ß",
    "(?>a)",
    "\\\\p{Han}",
    "ſ",
    "[",
    "]",
  };

  private static final String[] NUMBERS = {
    "0", "1", "2", "3", "7", "200", "300", "-1", "4294967295"
  };

  private final List<JsonNode> seeds;
  private final Random random;

  TokenizerMutations(List<JsonNode> seeds, Random random) {
    this.seeds = seeds;
    this.random = random;
  }

  /** The files of one seed, with a few faults. */
  JsonNode files() {
    JsonNode files = seed().path("files").deepCopy();
    ObjectNode tokenizer = (ObjectNode) files.path("tokenizer.json");
    for (int i = random.nextInt(3); i >= 0; i--) {
      mutate(tokenizer);
    }
    if (random.nextInt(4) == 0) {
      JsonNode config = files.path("tokenizer_config.json");
      if (config instanceof ObjectNode object) {
        replaceSomewhere(object);
      }
    }
    return files;
  }

  private JsonNode seed() {
    return seeds.get(random.nextInt(seeds.size()));
  }

  private void mutate(ObjectNode tokenizer) {
    switch (random.nextInt(9)) {
      case 0, 1 -> tokenizer.set("normalizer", steps("normalizers", NORMALIZERS));
      case 2, 3 -> tokenizer.set("pre_tokenizer", steps("pretokenizers", PRE_TOKENIZERS));
      case 4 -> tokenizer.set("post_processor", steps("processors", POST_PROCESSORS));
      case 5 -> tokenizer.set("decoder", steps("decoders", DECODERS));
      case 6 -> tokenizer.set("model", parsed(one(MODELS)));
      case 7 -> addedToken(tokenizer);
      default -> replaceSomewhere(tokenizer);
    }
  }

  private JsonNode steps(String name, String[] steps) {
    if (random.nextBoolean()) {
      return parsed(one(steps));
    }
    ObjectNode sequence = JsonNodeFactory.instance.objectNode().put("type", "Sequence");
    ArrayNode list = sequence.putArray(name);
    for (int i = random.nextInt(3); i >= 0; i--) {
      list.add(parsed(one(steps)));
    }
    return sequence;
  }

  private void addedToken(ObjectNode tokenizer) {
    if (tokenizer.path("added_tokens") instanceof ArrayNode tokens) {
      ObjectNode token = tokens.addObject().put("id", random.nextInt(500));
      token.put("content", one(TEXTS));
      for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized", "special")) {
        token.put(flag, random.nextBoolean());
      }
    }
  }

  /** Another value for a random field, a field gone, or a part of another seed in its place. */
  private void replaceSomewhere(ObjectNode root) {
    JsonNode node = root;
    for (int depth = random.nextInt(6); depth > 0; depth--) {
      List<JsonNode> children = new ArrayList<>();
      node.elements().forEachRemaining(child -> children.add(child));
      children.removeIf(child -> !child.isContainerNode() || child.isEmpty());
      if (children.isEmpty()) {
        break;
      }
      node = children.get(random.nextInt(children.size()));
    }
    if (node instanceof ObjectNode object && !object.isEmpty()) {
      List<String> names = new ArrayList<>();
      object.fieldNames().forEachRemaining(names::add);
      String name = names.get(random.nextInt(names.size()));
      if (random.nextInt(4) == 0) {
        object.remove(name);
      } else {
        object.set(name, value(name));
      }
    } else if (node instanceof ArrayNode array && !array.isEmpty()) {
      array.set(random.nextInt(array.size()), value(""));
    }
  }

  private JsonNode value(String name) {
    JsonNode other = seed().path("files").path("tokenizer.json").findValue(name);
    return switch (random.nextInt(6)) {
      case 0 -> JsonNodeFactory.instance.nullNode();
      case 1 -> JsonNodeFactory.instance.textNode(one(TEXTS));
      case 2 -> parsed("{'x':%N}").path("x");
      case 3 -> JsonNodeFactory.instance.booleanNode(random.nextBoolean());
      case 4 -> other == null ? JsonNodeFactory.instance.objectNode() : other.deepCopy();
      default -> parsed(one(random.nextBoolean() ? PRE_TOKENIZERS : DECODERS));
    };
  }

  private JsonNode parsed(String template) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < template.length(); i++) {
      char c = template.charAt(i);
      if (c == '%') {
        i++;
        text.append(filled(template.charAt(i)));
      } else {
        text.append(c == '\'' ? '"' : c);
      }
    }
    try {
      return MAPPER.readTree(text.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(text.toString(), e);
    }
  }

  private String filled(char kind) {
    return switch (kind) {
      case 'T' -> escaped(one(TEXTS));
      case 'N' -> one(NUMBERS);
      case 'B' -> base64();
      default -> {
        StringBuilder expression = new StringBuilder();
        for (int i = random.nextInt(5); i >= 0; i--) {
          expression.append(one(EXPRESSIONS));
        }
        yield expression.toString();
      }
    };
  }

  private static String escaped(String text) {
    String quoted = JsonNodeFactory.instance.textNode(text).toString();
    return quoted.substring(1, quoted.length() - 1);
  }

  /** A sound character map with a few bytes changed, or a few bytes. */
  private String base64() {
    byte[] bytes = new byte[random.nextInt(64)];
    random.nextBytes(bytes);
    for (JsonNode seed : seeds) {
      JsonNode map = seed.findValue("precompiled_charsmap");
      if (map != null && random.nextInt(3) > 0) {
        bytes = java.util.Base64.getDecoder().decode(map.textValue());
        for (int i = random.nextInt(4); i > 0; i--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
      }
    }
    return java.util.Base64.getEncoder().encodeToString(bytes);
  }

  /** A text of a few odd parts, some of them long. */
  String text() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(8); i > 0; i--) {
      String part =
          switch (random.nextInt(5)) {
            case 0 -> Character.toString(random.nextInt(0xd800));
            case 1 -> Character.toString(0xe000 + random.nextInt(0x30000));
            default -> one(TEXTS);
          };
      text.append(part.repeat(random.nextInt(20) == 0 ? random.nextInt(2000) : 1));
    }
    return random.nextInt(50) == 0 ? text.append('\ud83d').toString() : text.toString();
  }

  private String one(String... values) {
    return values[random.nextInt(values.length)];
  }
}
