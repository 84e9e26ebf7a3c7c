package org.peft4j.chat.internal.value;

import java.util.List;

/**
 * What {@code keys()}, {@code values()} and {@code items()} give: it has a length and items, but no
 * index.
 *
 * @param kind the name in Python, such as {@code dict_items}
 */
public record DictView(String kind, List<Object> items) {}
