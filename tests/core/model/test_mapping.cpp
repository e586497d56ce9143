// Weights are mapped: processes share their pages, and nothing that a process does to them reaches the file.

#include "core/base/sha256.h"
#include "core/model/model.h"
#include "core/model/torch_headers.h"
#include "core/train/adamw.h"
#include "tests/support/tiny_backbone.h"
#include "tests/support/tiny_models.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones_like.h>
#include <c10/core/GradMode.h>

#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace diapason;
using namespace diapason::testing;
namespace fs = std::filesystem;

namespace {

/// A megabyte of float32 that nobody else maps.
fs::path own_backbone(const TemporaryFolder& folder) {
    Json document = tiny_backbone_config();
    document.update({{"vocab_size", 4000}, {"hidden_size", 64}});
    write_text(folder / "own" / "config.json", document.dump());
    write_tensors(folder / "own" / "model.safetensors", tiny_tensors(document));
    return folder / "own";
}

std::unique_ptr<Model> load(const fs::path& folder) {
    at::Generator random = generator(3);
    return Model::load(folder, {HeadKind::sequence_classification, 3}, at::kCPU, &random);
}

/// KiB of a mapped file in this process, by /proc/self/smaps: "Rss", "Private_Dirty", "Pss".
std::int64_t kib_of(const fs::path& file, const std::string& field) {
    std::ifstream in("/proc/self/smaps");
    const std::string name = fs::canonical(file).string();
    std::string line;
    bool inside = false;
    std::int64_t sum = 0;
    while (std::getline(in, line)) {
        const std::string head = line.substr(0, line.find(' '));
        if (head.find('-') != std::string::npos)
            inside = line.size() >= name.size() && line.compare(line.size() - name.size(), name.size(), name) == 0;
        else if (inside && head == field + ":")
            sum += std::stoll(line.substr(field.size() + 1));
    }
    return sum;
}

std::vector<Parameter*> all_of(Model& model) {
    std::vector<Parameter*> list;
    for (const auto& parameter : model.weights().all())
        list.push_back(parameter.get());
    return list;
}

} // namespace

class TestMapping : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void weightsAreNotCopied() {
        TemporaryFolder folder;
        const fs::path file = own_backbone(folder) / "model.safetensors";
        const auto model = load(file.parent_path());
        QVERIFY(!model->hash_frozen().empty()); // every page has been read
        const auto whole = static_cast<std::int64_t>(fs::file_size(file) / 1024);
        QVERIFY2(kib_of(file, "Rss") > whole * 9 / 10, std::to_string(kib_of(file, "Rss")).c_str());
        QCOMPARE(kib_of(file, "Private_Dirty"), std::int64_t(0));
    }

    void twoProcessesShareThePages() {
        TemporaryFolder folder;
        const fs::path file = own_backbone(folder) / "model.safetensors";
        int ready[2], done[2];
        QVERIFY(::pipe(ready) == 0 && ::pipe(done) == 0);
        const pid_t child = ::fork(); // before this process maps the file, so that nothing is inherited
        if (child == 0) {
            const TensorFile other(file);
            unsigned sum = 0;
            for (const TensorEntry& entry : other.entries()) {
                for (std::uint64_t i = 0; i < entry.end - entry.begin; i += 512)
                    sum += static_cast<unsigned>(other.data(entry)[i]);
            }
            const char answer = sum == 0 ? 'n' : 'y';
            char end = 0;
            const bool said = ::write(ready[1], &answer, 1) == 1;
            const bool heard = ::read(done[0], &end, 1) == 1;
            ::_exit(said && heard ? 0 : 1);
        }
        char answer = 0;
        QVERIFY(::read(ready[0], &answer, 1) == 1);
        const auto model = load(file.parent_path());
        QVERIFY(!model->hash_frozen().empty());
        const std::int64_t together = kib_of(file, "Pss");
        QVERIFY(::write(done[1], "e", 1) == 1);
        int status = 1;
        ::waitpid(child, &status, 0);
        for (const int end : {ready[0], ready[1], done[0], done[1]})
            ::close(end);
        const std::int64_t alone = kib_of(file, "Pss");
        QCOMPARE(answer, 'y');
        QCOMPARE(status, 0);
        QVERIFY2(together > 0 && together < alone * 6 / 10,
                 (std::to_string(together) + " of " + std::to_string(alone)).c_str());
    }

    void writingStaysInTheProcess() {
        TemporaryFolder folder;
        const fs::path file = own_backbone(folder) / "model.safetensors";
        const std::string before = sha256_of_file(file);
        const auto model = load(file.parent_path());
        {
            const c10::NoGradGuard guard;
            for (Parameter* parameter : all_of(*model))
                parameter->value.add_(1.0);
        }
        QVERIFY(kib_of(file, "Private_Dirty") > 0); // it did happen on the mapped pages
        QCOMPARE(sha256_of_file(file), before);
        const auto again = load(file.parent_path());
        QVERIFY(again->backbone()
                    .word_embedding()
                    .value.sub(model->backbone().word_embedding().value)
                    .add(1.0)
                    .abs()
                    .max()
                    .item<float>() < 1e-5F);
    }

    void fullTuningLeavesTheFile() {
        TemporaryFolder folder;
        const fs::path file = own_backbone(folder) / "model.safetensors";
        const std::string before = sha256_of_file(file);
        const auto model = load(file.parent_path());
        model->train(all_of(*model));
        std::vector<at::Tensor> trained;
        for (Parameter* parameter : model->trainable())
            trained.push_back(parameter->value);
        const at::Tensor words = model->backbone().word_embedding().value.detach().clone();
        AdamW optimiser(trained, {});
        std::vector<Sequence> sequences = tiny_sequences({HeadKind::sequence_classification, 3});
        const PackedBatch batch = PackedBatch::pack(sequences, at::kCPU);
        for (int step = 0; step < 2; ++step) {
            model->loss(model->logits(batch, {}), batch).mean().backward();
            optimiser.accumulate();
            optimiser.step(1e-2);
        }
        QVERIFY(!model->backbone().word_embedding().value.equal(words));
        QCOMPARE(sha256_of_file(file), before);
    }

    void mergingLeavesTheFile() {
        struct Ones : LinearDelta {
            explicit Ones(at::Tensor like) : change(at::ones_like(like)) {}
            at::Tensor apply(const at::Tensor& x, const at::Tensor& y, const ForwardState&) override {
                return y + x.matmul(change.t());
            }
            bool merge_output(at::Tensor& weight, at::Tensor&) const override {
                weight = weight + change;
                return true;
            }
            at::Tensor change;
        };
        TemporaryFolder folder;
        const fs::path file = own_backbone(folder) / "model.safetensors";
        const std::string before = sha256_of_file(file);
        const auto model = load(file.parent_path());
        Linear& linear = *model->backbone().linears().front().second;
        const at::Tensor original = linear.matrix().detach().clone();
        linear.deltas.push_back(std::make_unique<Ones>(original));
        model->merge();
        QVERIFY(linear.matrix().detach().allclose(original + 1));
        QCOMPARE(sha256_of_file(file), before);
        model->unmerge();
        QVERIFY(linear.matrix().detach().equal(original));
        QCOMPARE(sha256_of_file(file), before);
    }
};

DIAPASON_TEST(TestMapping)
#include "test_mapping.moc"
