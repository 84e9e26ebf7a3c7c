package org.peft4j.transformers.architecture;

import java.util.Optional;
import org.peft4j.site.Site;

/**
 * From token ids to the first hidden states: {@code norm(projection(multiplier·tokens[id]) +
 * positions[p])}.
 *
 * @param multiplier what token embeddings are multiplied with, 1 or √width
 * @param projection from the embeddings' width to the blocks', where they differ: OPT-350m
 * @param positions learnt embeddings of positions
 * @param norm of the sum
 * @param prompt the place before the first embedding of a sequence
 */
public record InputPart(
    EmbeddingPart tokens,
    double multiplier,
    Optional<LinearPart> projection,
    Optional<EmbeddingPart> positions,
    Optional<NormPart> norm,
    Site prompt) {}
