// Checkpoints: two generations, each of which says whether it is whole.

#include "core/train/checkpoint.h"
#include "tests/support/test_support.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>

using namespace diapason;
using namespace diapason::testing;

namespace fs = std::filesystem;

namespace {

Checkpoint sample(std::int64_t step) {
    Checkpoint checkpoint;
    checkpoint.tensors["values"] = at::arange(100, at::kFloat) + double(step);
    checkpoint.tensors["points.value"] = at::arange(7, at::kDouble) / 3;
    checkpoint.tensors["points.step"] = at::arange(7, at::kLong);
    checkpoint.tensors["none"] = at::empty({0}, at::kDouble);
    checkpoint.state["part"] = {{"step", step}};
    return checkpoint;
}

std::int64_t step_of(const fs::path& folder, std::size_t broken_files = 0) {
    std::vector<std::string> broken;
    const auto checkpoint = read_checkpoint(folder, broken);
    if (broken.size() != broken_files) return -2;
    return checkpoint ? checkpoint->part("part").at("step").get<std::int64_t>() : -1;
}

} // namespace

class TestCheckpoint : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void comesBackBitForBit() {
        TemporaryFolder folder;
        QCOMPARE(step_of(folder.path()), std::int64_t(-1));
        const WrittenCheckpoint written = write_checkpoint(folder.path(), sample(3));
        QCOMPARE(written.bytes, std::int64_t(fs::file_size(folder / written.name)));
        std::vector<std::string> broken;
        const auto read = read_checkpoint(folder.path(), broken);
        QVERIFY(read && broken.empty());
        for (const auto& [name, tensor] : sample(3).tensors) {
            QVERIFY2(at::equal(read->tensors.at(name), tensor), name.c_str());
            QCOMPARE(read->tensors.at(name).scalar_type(), tensor.scalar_type());
        }
        QCOMPARE(read->state, sample(3).state);
        QVERIFY(caught([&] { read->tensor("values", {99}); }).says("does not fit"));
        QVERIFY(caught([&] { read->tensor("other", {1}); }).says("other"));
        QVERIFY(caught([&] { read->part("other"); }).says("other"));
    }

    void twoGenerationsAreKept() {
        TemporaryFolder folder;
        for (const std::int64_t step : {1, 2, 3})
            write_checkpoint(folder.path(), sample(step));
        QCOMPARE(step_of(folder.path()), std::int64_t(3));
        fs::remove(folder / "checkpoint.safetensors"); // killed between the two renames
        QCOMPARE(step_of(folder.path()), std::int64_t(2));
        QVERIFY(has_checkpoint(folder.path()));
        remove_checkpoints(folder.path());
        QVERIFY(!has_checkpoint(folder.path()));
    }

    // A kill behind the writing and before the renames: the newest one is already whole.
    void theOneThatWaitsForItsNameCounts() {
        TemporaryFolder folder;
        for (const std::int64_t step : {1, 2})
            write_checkpoint(folder.path(), sample(step));
        fs::rename(folder / "checkpoint.safetensors", folder / "checkpoint.next.safetensors");
        QCOMPARE(step_of(folder.path()), std::int64_t(2));
        write_checkpoint(folder.path(), sample(3));
        QCOMPARE(step_of(folder.path()), std::int64_t(3));
    }

    void damageIsNoticedWhereverItIs() {
        TemporaryFolder folder;
        write_checkpoint(folder.path(), sample(1));
        write_checkpoint(folder.path(), sample(2));
        const fs::path newest = folder / "checkpoint.safetensors";
        const std::string whole = read_file(newest, 1 << 20);
        for (std::size_t at = 0; at < whole.size(); at += 7) {
            std::string bytes = whole;
            bytes[at] = static_cast<char>(bytes[at] ^ 4);
            write_text(newest, bytes);
            std::vector<std::string> broken;
            const auto read = read_checkpoint(folder.path(), broken);
            // Between the header and the tensors there is padding, which carries nothing.
            const bool padding = broken.empty() && read->state == sample(2).state;
            QVERIFY2(padding || (broken.size() == 1 && step_of(folder.path(), 1) == 1), std::to_string(at).c_str());
        }
        for (std::size_t size = 0; size < whole.size(); size += 101) {
            write_text(newest, whole.substr(0, size));
            QCOMPARE(step_of(folder.path(), 1), std::int64_t(1));
        }
    }

    void strangersFilesAreNotTaken() {
        TemporaryFolder folder;
        write_text(folder / "checkpoint.safetensors", "not a checkpoint");
        QCOMPARE(step_of(folder.path(), 1), std::int64_t(-1));
    }
};

DIAPASON_TEST(TestCheckpoint)
#include "test_checkpoint.moc"
