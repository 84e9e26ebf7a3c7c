package org.peft4j.transformers.internal.family;

/**
 * Fields that current or earlier versions of Hugging Face transformers write for every family, and
 * that change nothing here: a frozen model runs without dropout, loading chooses types and caches,
 * and generation has its own settings.
 */
public final class CommonFields {
  private CommonFields() {}

  public static void read(ConfigFields fields) {
    fields.ignore(
        "_name_or_path",
        "name_or_path",
        "_commit_hash",
        "architectures",
        "attn_implementation",
        "_attn_implementation",
        "_attn_implementation_autoset",
        "torch_dtype",
        "dtype",
        "transformers_version",
        "torchscript",
        "use_bfloat16",
        "use_cache",
        "return_dict",
        "use_return_dict",
        "output_attentions",
        "output_hidden_states",
        "tie_last_hidden_states",
        "chunk_size_feed_forward",
        "finetuning_task",
        "task_specific_params",
        "tokenizer_class",
        "tf_legacy_loss",
        "unsloth_fixed",
        "unsloth_version");
    fields.ignore(
        "bos_token_id",
        "eos_token_id",
        "pad_token_id",
        "sep_token_id",
        "decoder_start_token_id",
        "prefix");
    fields.ignore(
        "id2label", "label2id", "num_labels", "problem_type", "classifier_dropout", "_num_labels");
    fields.ignore(
        "bad_words_ids",
        "begin_suppress_tokens",
        "diversity_penalty",
        "do_sample",
        "early_stopping",
        "encoder_no_repeat_ngram_size",
        "exponential_decay_length_penalty",
        "forced_bos_token_id",
        "forced_eos_token_id",
        "length_penalty",
        "max_length",
        "max_new_tokens",
        "min_length",
        "no_repeat_ngram_size",
        "num_beam_groups",
        "num_beams",
        "num_return_sequences",
        "output_scores",
        "remove_invalid_values",
        "repetition_penalty",
        "return_dict_in_generate",
        "suppress_tokens",
        "temperature",
        "top_k",
        "top_p",
        "typical_p");
    fields.ignore("is_decoder"); // With cross-attention it would count.
    fields.only("is_causal", true);
    fields.only("add_cross_attention", false);
    fields.only("tie_encoder_decoder", false);
    fields.check(
        !fields.has("pruned_heads") || fields.object("pruned_heads").isEmpty(),
        "pruned_heads",
        "only {}; nothing else is supported");
  }
}
