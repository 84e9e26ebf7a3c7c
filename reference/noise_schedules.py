"""Writes what diffusers' schedulers make of the same noise: PYTHONPATH=diffusers/src python noise_schedules.py

Noisy samples, velocities and weights of training, and every step of DDIM, Euler's method and DPM-Solver++ with given model outputs.
"""

import setting  # first: sets the environment

import json

import torch
from diffusers import DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler, EulerDiscreteScheduler
from diffusers.training_utils import compute_snr

FOLDER = setting.GOLDEN.parents[4] / "peft-diffusion/src/test/resources/noise-schedules"
SAMPLERS = {"ddim": DDIMScheduler, "euler": EulerDiscreteScheduler, "dpm-solver++": DPMSolverMultistepScheduler}
SHAPE = (2, 2, 3, 1)
COUNTS = (1, 2, 7, 20)
GAMMA = 5.0

LATENT = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000}
CONFIGS = {
    "stable_diffusion_1": LATENT
    | {
        "_class_name": "PNDMScheduler",
        "_diffusers_version": "0.6.0",
        "clip_sample": False,
        "set_alpha_to_one": False,
        "skip_prk_steps": True,
        "steps_offset": 1,
        "trained_betas": None,
    },
    "stable_diffusion_2": LATENT
    | {
        "_class_name": "DDIMScheduler",
        "clip_sample": False,
        "prediction_type": "v_prediction",
        "set_alpha_to_one": False,
        "steps_offset": 1,
    },
    "zero_terminal_snr": LATENT
    | {
        "_class_name": "DDIMScheduler",
        "clip_sample": False,
        "prediction_type": "v_prediction",
        "rescale_betas_zero_snr": True,
        "timestep_spacing": "trailing",
    },
    "pixels": {"_class_name": "DDPMScheduler", "num_train_timesteps": 1000, "variance_type": "fixed_small", "clip_sample_range": 1.5},
    "sample": {"_class_name": "DDPMScheduler", "num_train_timesteps": 200, "prediction_type": "sample", "timestep_spacing": "leading", "clip_sample": True},
    "cosine": {
        "_class_name": "DPMSolverMultistepScheduler",
        "beta_schedule": "squaredcos_cap_v2",
        "num_train_timesteps": 500,
        "lambda_min_clipped": -5.1,
        "solver_type": "heun",
        "clip_sample": False,
        "timestep_spacing": "linspace",
    },
    "karras": LATENT
    | {"_class_name": "DPMSolverMultistepScheduler", "use_karras_sigmas": True, "lambda_min_clipped": float("-inf"), "clip_sample": False, "solver_order": 2},
    "karras_bounds": LATENT
    | {
        "_class_name": "EulerDiscreteScheduler",
        "use_karras_sigmas": True,
        "sigma_min": 0.05,
        "sigma_max": 11.0,
        "final_sigmas_type": "sigma_min",
        "clip_sample": False,
        "euler_at_final": True,
        "timestep_spacing": "leading",
    },
    "first_order": LATENT | {"_class_name": "EulerDiscreteScheduler", "solver_order": 1, "clip_sample": False, "timestep_spacing": "trailing"},
    "own_betas": {
        "_class_name": "DDIMScheduler",
        "num_train_timesteps": 40,
        "trained_betas": [round(0.002 + 0.0003 * i + 0.001 * (i % 3), 6) for i in range(40)],
        "lower_order_final": False,
        "prediction_type": "v_prediction",
        "clip_sample": False,
    },
}


def draw(name: str, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=setting.generator(name))


def training(config: dict, name: str) -> dict[str, torch.Tensor]:
    scheduler = DDPMScheduler.from_config(config)
    last = config["num_train_timesteps"] - 1
    steps = torch.tensor([0, last // 3, last - 1, last])
    pictures, noise = draw(name + " pictures", 4, *SHAPE[1:]), draw(name + " noise", 4, *SHAPE[1:])
    snr = compute_snr(scheduler, steps)
    weights = torch.minimum(snr, torch.full_like(snr, GAMMA))
    prediction = scheduler.config.prediction_type
    if prediction == "epsilon":
        weights = weights / snr
    elif prediction == "v_prediction":
        weights = weights / (snr + 1)
    return {
        "steps": steps,
        "pictures": pictures,
        "noise": noise,
        "noisy": scheduler.add_noise(pictures, noise, steps),
        "velocity": scheduler.get_velocity(pictures, noise, steps),
        "alpha_bars": scheduler.alphas_cumprod,
        "weights": weights,
    }


def sampling(config: dict, name: str) -> dict[str, torch.Tensor]:
    tensors = {}
    for kind, scheduler_class in SAMPLERS.items():
        for count in COUNTS:
            scheduler = scheduler_class.from_config(config)
            key = f"{kind} {count}"
            scheduler.set_timesteps(count)
            sample = draw(f"{name} {key}", *SHAPE) * scheduler.init_noise_sigma
            samples, scaled, outputs = [sample], [], []
            for i, step in enumerate(scheduler.timesteps):
                model_input = scheduler.scale_model_input(sample, step)
                output = 0.5 * model_input + 0.4 * draw(f"{name} {key} {i}", *SHAPE)
                sample = scheduler.step(output, step, sample).prev_sample
                scaled.append(model_input)
                outputs.append(output)
                samples.append(sample)
            tensors[key + " sigma"] = torch.tensor([float(scheduler.init_noise_sigma)])
            tensors[key + " timesteps"] = scheduler.timesteps.float()
            tensors[key + " scaled"] = torch.stack(scaled)
            tensors[key + " outputs"] = torch.stack(outputs)
            tensors[key + " samples"] = torch.stack(samples)
            assert all(torch.isfinite(tensor).all() for tensor in tensors.values())
    return tensors


def main() -> None:
    for name, config in CONFIGS.items():
        folder = FOLDER / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "scheduler_config.json").write_text(json.dumps(config, indent=2) + "\n")
        setting.write_tensors(folder / "expected.safetensors", training(config, name) | sampling(config, name))


main()
