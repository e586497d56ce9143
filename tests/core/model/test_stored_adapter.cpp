// Adapters as files: masks in bits, forms that stand for trained tensors, and what does not fit.

#include "core/model/bit_tensor.h"
#include "core/model/stored_adapter.h"
#include "tests/support/tiny_models.h"

#include <ATen/ops/equal.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <limits>

using namespace diapason;
using namespace diapason::testing;

class TestStoredAdapter : public QObject {
    Q_OBJECT

    // A model whose one delta is trained as scores and stored as the mask score > 0.
    struct Masked {
        std::unique_ptr<Model> model = tiny_model("bert", {HeadKind::sequence_classification, 3});
        Parameter* scores = nullptr;

        explicit Masked(std::uint64_t seed) {
            scores = &model->deltas().add("encoder.0.ffn.block.score", at::randn({5, 3}, generator(seed)));
            model->train({scores});
            model->train_head();
            model->add_stored_form({"encoder.0.ffn.block.mask",
                                    {scores},
                                    [this] { return scores->value > 0; },
                                    [this](const at::Tensor& mask) { scores->value.copy_(mask); }});
        }
    };

private Q_SLOTS:
    void bitsComeBack() {
        for (const std::int64_t count : {0, 1, 7, 8, 9, 64, 1001}) {
            const at::Tensor mask = at::randn({count, 3}, generator(4)) > 0.3;
            const at::Tensor bytes = pack_bits(mask);
            QCOMPARE(bytes.numel(), (3 * count + 7) / 8);
            QVERIFY(at::equal(unpack_bits(bytes, {count, 3}), mask));
        }
        const at::Tensor one = at::zeros({10}, at::kBool);
        one[1].fill_(true);
        one[8].fill_(true);
        const at::Tensor bytes = pack_bits(one);
        QCOMPARE(bytes[0].item<int>(), 2); // the first element is the lowest bit
        QCOMPARE(bytes[1].item<int>(), 1);
    }

    void aFormStandsForItsTensors() {
        const Masked trained(1), fresh(2);
        const TemporaryFolder folder;
        save_adapter(folder / "a.safetensors", *trained.model, {{"format", "test"}});
        const TensorFile file(folder / "a.safetensors");
        QVERIFY(file.find("encoder.0.ffn.block.score") == nullptr);
        const TensorEntry* mask = file.find("encoder.0.ffn.block.mask");
        QVERIFY(mask != nullptr);
        QVERIFY(mask->dtype == "U8" && mask->shape == std::vector<std::int64_t>{2});
        QVERIFY(file.metadata().at("bits.encoder.0.ffn.block.mask") == "[5,3]");
        QVERIFY(file.metadata().at("format") == "test");
        QVERIFY(file.find("classifier.weight") != nullptr);
        load_adapter(file, *fresh.model);
        QVERIFY(at::equal(fresh.scores->value > 0, trained.scores->value > 0));
        QVERIFY(at::equal(fresh.model->weights().at("classifier.weight").value,
                          trained.model->weights().at("classifier.weight").value));
    }

    void misfitsAreNamed() {
        const Masked model(1);
        const TemporaryFolder folder;
        const auto message = [&](const std::vector<TensorToWrite>& tensors,
                                 const std::map<std::string, std::string>& metadata) {
            write_safetensors(folder / "b.safetensors", tensors, metadata);
            return caught([&] { load_adapter(TensorFile(folder / "b.safetensors"), *model.model); }).message;
        };
        const std::vector<float> zeros(1000, 0);
        const std::string name = "encoder.0.ffn.block.mask";
        std::vector<TensorToWrite> good = {{name, "U8", {2}, zeros.data()}};
        for (const StoredTensor& stored : stored_tensors(*model.model)) {
            if (stored.name != name) good.push_back({stored.name, "F32", stored.value.sizes().vec(), zeros.data()});
        }
        const std::map<std::string, std::string> shape = {{"bits." + name, "[5,3]"}};
        QCOMPARE(message(good, shape), std::string());
        QVERIFY(message(good, {{"bits." + name, "[3,5]"}}).find(name) != std::string::npos);
        QVERIFY(message(good, {}).find(name) != std::string::npos);
        std::vector<TensorToWrite> turned = good;
        std::reverse(turned.back().shape.begin(), turned.back().shape.end());
        turned.back().shape.push_back(1);
        QVERIFY(message(turned, shape).find(turned.back().name) != std::string::npos);
        turned.pop_back();
        QVERIFY(message(turned, shape).find(good.back().name) != std::string::npos);
        good.front().shape = {3};
        QVERIFY(message(good, shape).find(name) != std::string::npos);
    }

    void numbersThatAreNotFiniteAreRefused() {
        const c10::NoGradGuard guard;
        for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
            const Masked trained(1), fresh(2);
            const TemporaryFolder folder;
            trained.model->weights().at("classifier.weight").value[0][0] = value;
            save_adapter(folder / "a.safetensors", *trained.model, {});
            const Caught error = caught([&] { load_adapter(TensorFile(folder / "a.safetensors"), *fresh.model); });
            QVERIFY2(error.kind == ErrorKind::input && error.says("a.safetensors: the tensor classifier.weight"),
                     error.message.c_str());
        }
    }
};

DIAPASON_TEST(TestStoredAdapter)
#include "test_stored_adapter.moc"
