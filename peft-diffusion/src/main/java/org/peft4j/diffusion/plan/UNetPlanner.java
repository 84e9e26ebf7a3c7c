package org.peft4j.diffusion.plan;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.Peft;
import org.peft4j.config.PeftConfig;
import org.peft4j.diffusion.internal.architecture.PictureArchitecture;
import org.peft4j.diffusion.internal.architecture.Stage;
import org.peft4j.diffusion.internal.config.ModelFolder;
import org.peft4j.diffusion.internal.config.UNetConfig;
import org.peft4j.diffusion.internal.model.Area;
import org.peft4j.plan.AdapterPlan;
import org.peft4j.plan.ModelOutline;

/** Plans for UNets from their {@code config.json} alone: reads no weights, allocates no arrays. */
public final class UNetPlanner {
  private static final int SINGLE = DataType.FLOAT.width();

  private final PictureArchitecture model;

  private UNetPlanner(PictureArchitecture model) {
    this.model = model;
  }

  /**
   * Plans for a UNet.
   *
   * @param path its {@code config.json}, its folder, or the folder of the whole model
   * @throws org.peft4j.error.PeftException if the file is missing, the model is not supported, or
   *     the config is impossible for it
   */
  public static UNetPlan plan(Path path, PeftConfig config, PictureBatch batch) {
    return new UNetPlanner(UNetConfig.read(ModelFolder.configOf(path, "unet"))).plan(config, batch);
  }

  private UNetPlan plan(PeftConfig config, PictureBatch batch) {
    ModelOutline outline =
        new ModelOutline(
            model.sites(),
            Set.of(),
            Optional.empty(),
            model.parameterCount(),
            model.parameterCount() * SINGLE,
            DataType.FLOAT);
    AdapterPlan adapter = Peft.plan(outline, config);
    Set<String> adapted = new HashSet<>();
    adapter.sites().forEach(site -> adapted.add(site.name()));
    long plain = SINGLE * elements(batch, adapted, false, false);
    return new UNetPlan(
        model.className(),
        adapter.withActivations(plain),
        batch,
        model.stages().stream().map(Stage::sites).toList(),
        plain,
        SINGLE * elements(batch, adapted, false, true),
        SINGLE * elements(batch, adapted, true, false));
  }

  /**
   * Every layer's result, the copies of those that are joined later with their gradients, what
   * layers from the first adapted one on keep, the temporaries of one layer, those that all layers
   * take from the same memory, and its gradient with that of the layer above. The last layer
   * computes its result again on the way back.
   *
   * @param rounding whether layers keep half of each number, and compute in the memory of one layer
   */
  private long elements(
      PictureBatch batch, Set<String> adapted, boolean checkpointing, boolean rounding) {
    Area area = new Area(batch.pictures(), batch.side(), batch.side());
    long channels = model.inputChannels();
    Deque<Area> open = new ArrayDeque<>();
    long input = area.rows() * channels;
    long sum = input + (long) batch.pictures() * batch.tokens() * model.textWidth();
    long temporary = 0;
    long reused = 0;
    long room = 0;
    long result = input;
    boolean reached = false;
    for (Stage stage : model.stages()) {
      reached |= stage.sites().stream().anyMatch(site -> adapted.contains(site.name()));
      StageElements.Result out = StageElements.Result.of(stage, area, channels, open.peek());
      if (stage instanceof Stage.Residual residual && residual.skip()) {
        open.pop();
      }
      StageElements own = StageElements.of(stage, area, out, batch.tokens(), adapted);
      reused = Math.max(reused, own.reused());
      area = out.area();
      channels = out.channels();
      long output = area.rows() * channels;
      sum += output;
      result = Math.max(result, output);
      if (model.kept().contains(stage.name())) {
        open.push(area);
        sum += reached ? 2 * output : output;
      }
      boolean again = checkpointing || stage.equals(model.end());
      long taken;
      if (!reached) {
        taken = own.kept() + own.forward();
      } else if (again) {
        taken = own.kept() + own.forward() - own.skipped() + own.backward();
      } else {
        taken = Math.max(own.forward(), own.backward());
        sum += rounding ? own.kept() - own.rounded() / 2 : own.kept();
        room = rounding ? Math.max(room, own.rounded()) : 0;
      }
      temporary = Math.max(temporary, taken);
    }
    return sum + room + temporary + reused + 2 * result;
  }
}
