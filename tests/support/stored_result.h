// What a study has left in a database and beside it, to be compared with another's.
#pragma once

#include "core/store/connection.h"
#include "core/store/run_folder.h"
#include "core/store/store_reader.h"
#include "tests/support/test_support.h"

#include <filesystem>
#include <string>
#include <vector>

namespace diapason::testing {

/// Everything that has to be the same bits: series, predictions, summaries without times, adapters.
inline std::vector<std::string> result_of(const std::filesystem::path& database) {
    std::vector<std::string> lines;
    Connection connection(database, Connection::Mode::read_only);
    {
        Statement points(connection, "SELECT arm.position, run.seed, split, dataset, metric, point.step, point.value, "
                                     "ifnull(point.kind, '') FROM point JOIN series ON series.id = point.series JOIN "
                                     "run ON run.id = series.run JOIN arm ON arm.id = run.arm WHERE split <> 'system' "
                                     "ORDER BY 1, 2, 3, 4, 5, 6");
        while (points.step()) {
            std::string line;
            for (int column = 0; column < 6; ++column)
                line += points.text(column) + " ";
            lines.push_back(line + Json(points.real(6)).dump() + points.text(7));
        }
        Statement predictions(connection,
                              "SELECT arm.position, run.seed, split, dataset, item, step, predicted, expected, "
                              "score, detail "
                              "FROM prediction JOIN run ON run.id = prediction.run JOIN arm ON arm.id = "
                              "run.arm ORDER BY 1, 2, 3, 4, 5");
        while (predictions.step()) {
            std::string line;
            for (int column = 0; column < 10; ++column)
                line += predictions.text(column) + " ";
            lines.push_back(line);
        }
    }
    const StoreReader reader(database);
    for (const RunRecord& run : reader.runs(1)) {
        Json summary = run.summary;
        for (const char* time : {"seconds", "step_seconds", "checkpoint_seconds"})
            summary.erase(time);
        lines.push_back(std::to_string(run.seed) + " " + name_of(run.state) + " " + summary.dump());
        const std::filesystem::path folder = files_folder_of(database) / run.uuid;
        lines.push_back(std::filesystem::exists(folder / adapter_file) ? read_file(folder / adapter_file, 256u << 20)
                                                                       : "no adapter");
        lines.push_back(has_checkpoint(folder) ? "a checkpoint is left over" : "");
    }
    return lines;
}

inline void check_intact(const std::filesystem::path& database) {
    Connection connection(database, Connection::Mode::read_only);
    QCOMPARE(connection.text("PRAGMA integrity_check"), std::string("ok"));
    QCOMPARE(connection.value("SELECT count(*) FROM pragma_foreign_key_check"), std::int64_t(0));
}

inline bool has_study(const std::filesystem::path& database) {
    try {
        return std::filesystem::exists(database) && !StoreReader(database).study_lines(true).empty();
    } catch (const Error&) { // killed while it was made
        return false;
    }
}

} // namespace diapason::testing
