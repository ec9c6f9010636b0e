"""The two teachers: frozen face embedders whose unit vectors the student learns to reproduce.

Both read aligned 112x112 RGB crops. Contracts: the models' provenance record.
"""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from tqdm import tqdm

from edge_gate.ports import Normalisation
from embedder.crops import MARGIN, Crops, Image, blank_strip

Vectors = NDArray[np.float32]

FILES = {"esp": "teacher_esp_mbf_fp32.onnx", "foamliu": "mobilefacenet_foamliu_fp32.onnx"}
MEAN = {"esp": (127.5, 127.5, 127.5), "foamliu": (123.675, 116.28, 103.53)}
STD = {"esp": (127.5, 127.5, 127.5), "foamliu": (58.395, 57.12, 57.375)}
_BATCH = 8

Scale = tuple[float, float, float]
"""A number for each of red, green and blue."""


def network_input(images: Image, mean: Scale = MEAN["esp"], std: Scale = STD["esp"]) -> Vectors:
    """BGR chips (n, 112, 112, 3) as RGB (n, 3, 112, 112); by default -1..1, as the student reads it."""
    rgb = (images[..., ::-1].astype(np.float32) - np.array(mean, np.float32)) / np.array(std, np.float32)
    return np.ascontiguousarray(rgb.transpose(0, 3, 1, 2))


def normalisation(name: str = "esp") -> Normalisation:
    """The same for who is given the picture; by default as the student reads it."""
    return Normalisation("rgb", MEAN[name], STD[name])


def unit(vectors: Vectors) -> Vectors:
    """Scale each row to length 1."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)


def without_prelu(model: onnx.ModelProto) -> onnx.ModelProto:
    """Rewrite PReLU(x) as a*x + (1-a)*relu(x): ONNX Runtime's own PReLU takes half of this network's time."""
    slopes = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        if node.op_type != "PRelu":
            nodes.append(node)
            continue
        x, out, slope = node.input[0], node.output[0], slopes[node.input[1]]
        model.graph.initializer.extend(
            [numpy_helper.from_array(slope, out + "_a"), numpy_helper.from_array(1 - slope, out + "_b")]
        )
        nodes += [
            helper.make_node("Relu", [x], [out + "_r"]),
            helper.make_node("Mul", [out + "_r", out + "_b"], [out + "_rb"]),
            helper.make_node("Mul", [x, out + "_a"], [out + "_xa"]),
            helper.make_node("Add", [out + "_rb", out + "_xa"], [out]),
        ]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


class Teachers:
    """Both networks on one thread."""

    def __init__(self, models: Path) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._sessions = {
            name: ort.InferenceSession(
                without_prelu(onnx.load(models / file)).SerializeToString(),
                options,
                providers=["CPUExecutionProvider"],
            )
            for name, file in FILES.items()
        }

    def embed(self, images: Image) -> dict[str, Vectors]:
        """Unit vectors, (n, 512) and (n, 128), of (n, 112, 112, 3) BGR crops."""
        out: dict[str, Vectors] = {}
        for name, session in self._sessions.items():
            x = network_input(images, MEAN[name], STD[name])
            feed = session.get_inputs()[0].name
            parts = [session.run(None, {feed: x[i : i + _BATCH]})[0] for i in range(0, len(x), _BATCH)]
            out[name] = unit(np.concatenate(parts))
        return out

    def embed_both_sides(self, images: Image) -> dict[str, Vectors]:
        """As `embed`, of each crop and of its mirror image: (n, 2, d)."""
        plain, mirrored = self.embed(images), self.embed(images[:, :, ::-1])
        return {name: np.stack([plain[name], mirrored[name]], 1) for name in plain}


def inner(images: Image) -> Image:
    """The standard 112x112 crop inside 128x128 ones."""
    return images[..., MARGIN:-MARGIN, MARGIN:-MARGIN, :]


def _chunk(models: Path, images: Image) -> dict[str, Vectors]:
    return Teachers(models).embed_both_sides(images)


def label_crops(crops: Crops, models: Path, work: Path, processes: int) -> None:
    """Both teachers' vectors of every chosen crop and its mirror image, kept in `work`/teachers.npz.

    Arrays: `esp` (n, 2, 512), `foamliu` (n, 2, 128) float16, `index` (n,) into faces128.npz. A blank
    strip above the forehead is made black first.
    """
    path = work / "teachers.npz"
    if not path.exists():
        size = 256
        with ProcessPoolExecutor(processes) as pool:
            jobs = []
            for i in range(0, len(crops.images), size):
                rows = range(i, min(i + size, len(crops.images)))
                filled = np.stack([blank_strip(crops.images[k], int(crops.strip[k])) for k in rows])
                jobs.append(pool.submit(_chunk, models, inner(filled)))
            parts = [job.result() for job in tqdm(jobs, desc="label crops", unit="chunk")]
        labels = {name: np.concatenate([part[name] for part in parts]).astype(np.float16) for name in FILES}
        np.savez(path, index=crops.index, esp=labels["esp"], foamliu=labels["foamliu"])


def read(work: Path) -> dict[str, Vectors]:
    """What `label_crops` wrote: (n, 2, 512) and (n, 2, 128) unit vectors."""
    with np.load(work / "teachers.npz") as archive:
        return {name: archive[name].astype(np.float32) for name in FILES}
