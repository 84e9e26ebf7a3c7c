package org.peft4j.transformers.architecture;

/** What a branch of a block computes: attention mixes positions, a feed-forward part features. */
public sealed interface MixerPart permits AttentionPart, FeedForwardPart {}
