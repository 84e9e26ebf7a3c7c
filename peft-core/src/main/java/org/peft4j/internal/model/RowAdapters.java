package org.peft4j.internal.model;

import java.util.List;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.Slot;
import org.peft4j.site.Site;

/** Checks whether the rows of a batch can have their own adapters. */
public final class RowAdapters {
  /** Marks a row that uses no adapter. */
  public static final String BASE = "__base__";

  private RowAdapters() {}

  public static void require(
      List<String> names, List<String> active, List<Slot> slots, ModelSites sites) {
    for (String name : names) {
      if (!name.equals(BASE) && !active.contains(name)) {
        throw new PeftException(
            "Adapter \""
                + name
                + "\" is not active. Active are: "
                + active
                + "; "
                + BASE
                + " means no adapter.");
      }
    }
    for (Slot slot : slots) {
      Site site = slot.adapter().site();
      if (slot.adapter() instanceof TrainableCopy && sites.rowsApart(site)) {
        throw refused(slot, "it has a copy of the base model's own parameters there");
      }
      if (sites.isOfVertex(site)) {
        throw refused(slot, "it is a vertex there, which runs on one weight for all rows");
      }
    }
  }

  private static PeftException refused(Slot slot, String why) {
    return new PeftException(
        "Adapter \""
            + slot.adapterName()
            + "\" at "
            + slot.adapter().site().name()
            + " cannot act on some rows of a batch and not on others: "
            + why
            + ". Make a batch for each adapter.");
  }
}
