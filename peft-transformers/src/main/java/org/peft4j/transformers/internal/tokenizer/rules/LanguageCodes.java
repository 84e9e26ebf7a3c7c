package org.peft4j.transformers.internal.tokenizer.rules;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.peft4j.error.PeftException;
import org.peft4j.internal.NearestNames;
import org.peft4j.internal.Quoted;
import org.peft4j.transformers.config.TextLanguages;

/** The languages of mBART's tokenizers, each a token. */
final class LanguageCodes {
  private static final List<String> MBART =
      List.of(
          ("ar_AR cs_CZ de_DE en_XX es_XX et_EE fi_FI fr_XX gu_IN hi_IN it_IT ja_XX kk_KZ ko_KR lt_LT"
                  + " lv_LV my_MM ne_NP nl_XX ro_RO ru_RU si_LK tr_TR vi_VN zh_CN")
              .split(" "));

  private static final List<String> MBART50 =
      Stream.concat(
              MBART.stream(),
              Stream.of(
                  ("af_ZA az_AZ bn_IN fa_IR he_IL hr_HR id_ID ka_GE km_KH mk_MK ml_IN mn_MN mr_IN"
                          + " pl_PL ps_AF pt_XX sv_SE sw_KE ta_IN te_IN th_TH tl_XX uk_UA ur_PK xh_ZA"
                          + " gl_ES sl_SI")
                      .split(" ")))
          .toList();

  private static final String USUAL = "en_XX";

  private LanguageCodes() {}

  /** Those of a class of tokenizers; none for most. */
  static List<String> of(TokenizerClass kind) {
    return switch (kind) {
      case MBART -> MBART;
      case MBART50 -> MBART50;
      default -> List.of();
    };
  }

  /**
   * The language that a text is in if nothing else is said: {@code src_lang}.
   *
   * @throws PeftException if the tokenizer has no such token
   */
  static String source(TokenizerConfig config, Map<String, Integer> ids) {
    return named(config, "src_lang", ids).orElse(USUAL);
  }

  private static Optional<String> named(
      TokenizerConfig config, String field, Map<String, Integer> ids) {
    JsonNode code = config.json().path(field);
    if (code.isMissingNode() || code.isNull()) {
      return Optional.empty();
    }
    if (!ids.containsKey(code.asText())) {
      throw new PeftException(
          "tokenizer_config.json has the %s %s, for which there is no token. %s"
              .formatted(
                  field,
                  Quoted.quoted(code.asText()),
                  NearestNames.sentence(code.asText(), MBART50)));
    }
    return Optional.of(code.asText());
  }

  /** The languages with their tokens, and where those stand; empty for other classes. */
  static Optional<TextLanguages> read(
      TokenizerClass kind, TokenizerConfig config, Map<String, Integer> ids, OptionalInt end) {
    if (of(kind).isEmpty() || end.isEmpty()) {
      return Optional.empty();
    }
    Map<String, Integer> codes = new LinkedHashMap<>();
    of(kind).stream().filter(ids::containsKey).forEach(code -> codes.put(code, ids.get(code)));
    return Optional.of(
        new TextLanguages(
            codes,
            kind == TokenizerClass.MBART50,
            end.getAsInt(),
            source(config, ids),
            named(config, "tgt_lang", ids)));
  }
}
