#include "experiments/results/export.h"

#include "core/base/format.h"
#include "core/base/text_table.h"
#include "core/base/visible_text.h"
#include "core/data/metrics.h"
#include "experiments/results/cells.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace diapason {
namespace {

constexpr const char* no_value = "—";

int decimals_of(const Estimate& e, const MeasureInfo& measure) {
    if (!e.sd || *e.sd == 0) return measure.decimals;
    return decimals_for_spread(*e.sd * measure.scale, std::max(2, measure.decimals));
}

std::string estimate_text(const Estimate& e, const MeasureInfo& measure, bool difference) {
    if (e.n == 0) return no_value;
    const double scale = measure.scale;
    const int decimals = decimals_of(e, measure);
    std::string text =
        difference ? format_difference(e.mean * scale, decimals) : format_number(e.mean * scale, decimals);
    if (e.half_width) text += " ± " + format_number(*e.half_width * scale, decimals);
    return text;
}

// The column's estimate in a row; null when there is none.
const Estimate* estimate_of(const ResultRow& row, const TableColumn& column) {
    if (column.content == TableColumn::Content::metric) return &row.metrics[column.metric];
    const auto& difference = row.differences[column.metric];
    return difference ? &*difference : nullptr;
}

bool is_fact(const TableColumn& column) {
    return column.content == TableColumn::Content::fact;
}

constexpr const char* best_step = "best_step"; // a mean of steps would be a step that no seed has selected

std::pair<double, double> best_steps_of(const ResultRow& row) {
    const auto [first, last] = std::minmax_element(row.best_steps.begin(), row.best_steps.end());
    return {*first, *last};
}

std::string render_text(const ResultTable& table, const std::vector<TableColumn>& all) {
    // What fits on a terminal: the primary metric of each split, its difference, the size, the time.
    std::vector<TableColumn> columns;
    for (const TableColumn& column : all) {
        const bool wanted = is_fact(column) || table.metrics[column.metric].metric == table.primary_metric.metric;
        if (wanted && column.key != best_step) columns.push_back(column);
    }
    std::vector<std::vector<std::string>> rows(1);
    std::vector<bool> numeric;
    for (const TableColumn& column : columns) {
        rows.front().push_back(column.title);
        numeric.push_back(column.numeric);
    }
    for (const ResultRow& row : table.rows) {
        std::vector<std::string>& cells = rows.emplace_back();
        for (const TableColumn& column : columns)
            cells.push_back(visible_line(cell_text(table, row, column)));
    }
    std::string text = visible_line(table.title + "  (" + table.backbone + ", " + table.task + ")") + "\n\n";
    text += text_table(rows, numeric, true);
    for (const std::string& note : table.notes)
        text += "\n" + visible_line(note) + ".";
    return text + "\n";
}

std::string exact(double value) {
    return std::isfinite(value) ? Json(value).dump() : "";
}

// One row an arm; numbers at full precision, intervals in columns of their own.
std::string render_csv(const ResultTable& table, const std::vector<TableColumn>& columns) {
    std::string text;
    const auto append = [&](const std::string& cell, bool numeric, bool first) {
        text += (first ? "" : ",") + csv_cell(cell, numeric);
    };
    bool first = true;
    for (const TableColumn& column : columns) {
        append(column.key == best_step ? column.key + ":min" : column.key, true, first);
        first = false;
        if (column.key == best_step) append(column.key + ":max", true, false);
        if (!is_fact(column)) {
            for (const char* part : {"sd", "half_width_95", "n"})
                append(column.key + ":" + part, true, false);
        }
    }
    text += "\r\n";
    for (const ResultRow& row : table.rows) {
        first = true;
        for (const TableColumn& column : columns) {
            append(column.numeric ? exact(cell_value(row, column)) : cell_text(table, row, column), column.numeric,
                   first);
            first = false;
            if (column.key == best_step)
                append(row.best_steps.empty() ? "" : exact(best_steps_of(row).second), true, false);
            if (is_fact(column)) continue;
            const Estimate* found = estimate_of(row, column);
            const Estimate e = found != nullptr ? *found : Estimate{};
            append(e.sd ? exact(*e.sd) : "", true, false);
            append(e.half_width ? exact(*e.half_width) : "", true, false);
            append(std::to_string(e.n), true, false);
        }
        text += "\r\n";
    }
    return text;
}

std::string render_markdown(const ResultTable& table, const std::vector<TableColumn>& columns) {
    std::string text = "**" + markdown_cell(table.title) + "** (" + markdown_cell(table.backbone) + ", " +
                       markdown_cell(table.task) + ")\n\n|";
    for (const TableColumn& column : columns)
        text += " " + markdown_cell(column.title) + " |";
    text += "\n|";
    for (const TableColumn& column : columns)
        text += column.numeric ? "---:|" : "---|";
    text += '\n';
    for (const ResultRow& row : table.rows) {
        text += '|';
        for (const TableColumn& column : columns)
            text += " " + markdown_cell(cell_text(table, row, column)) + " |";
        text += '\n';
    }
    for (const std::string& note : table.notes)
        text += "\n" + markdown_cell(note) + ".\n";
    return text;
}

std::string render_latex(const ResultTable& table, const std::vector<TableColumn>& columns) {
    LatexNeeds needs = LatexNeeds::nothing;
    const auto cell = [&](const std::string& text) { return latex_cell(text, needs); };
    std::string text = "\\begin{table}\n\\centering\n\\begin{tabular}{";
    for (const TableColumn& column : columns)
        text += column.numeric ? 'r' : 'l';
    text += "}\n\\toprule\n";
    const auto line = [&](auto&& text_of_column) {
        // A bracket behind a line's end would be read as its distance to the next one.
        text += "{}";
        bool first = true;
        for (const TableColumn& column : columns) {
            text += (first ? "" : " & ") + cell(text_of_column(column));
            first = false;
        }
        text += " \\\\\n";
    };
    line([](const TableColumn& column) { return column.title; });
    text += "\\midrule\n";
    for (const ResultRow& row : table.rows)
        line([&](const TableColumn& column) { return cell_text(table, row, column); });
    text += "\\bottomrule\n\\end{tabular}\n\\caption{" +
            cell(table.title + " (" + table.backbone + ", " + table.task + ").");
    for (const std::string& note : table.notes)
        text += " " + cell(note) + ".";
    text += "}\n\\end{table}\n";
    const char* engine =
        needs == LatexNeeds::unicode ? "lualatex or xelatex, and a font that has all characters" : "pdflatex";
    return std::string("% compile with ") + engine + "; needs \\usepackage{booktabs}" +
           (needs == LatexNeeds::t1 ? " and \\usepackage[T1]{fontenc}" : "") + "\n" + text;
}

// The name in its parts, so that nobody has to take the key apart.
Json estimate_json(const MetricName& name, const Estimate& e) {
    Json json = to_json(name);
    json["n"] = e.n;
    json["mean"] = e.n > 0 ? Json(e.mean) : Json();
    json["sd"] = e.sd ? Json(*e.sd) : Json();
    json["half_width_95"] = e.half_width ? Json(*e.half_width) : Json();
    return json;
}

std::string render_json(const ResultTable& table) {
    Json json = {{"title", table.title},       {"backbone", table.backbone},
                 {"task", table.task},         {"primary_metric", to_json(table.primary_metric)},
                 {"baseline", table.baseline}, {"finished", table.finished},
                 {"planned", table.planned},   {"notes", table.notes},
                 {"arms", Json::array()}};
    for (const ResultRow& row : table.rows) {
        Json arm = {{"label", row.label},
                    {"method", row.method},
                    {"baseline", row.baseline},
                    {"finished", row.finished},
                    {"diverged", row.diverged},
                    {"failed", row.failed},
                    {"planned", row.planned},
                    {"trained", row.trained},
                    {"stored", row.stored},
                    {"stored_bits", row.stored_bits},
                    {"head", row.head},
                    {"file_bytes", row.file_bytes},
                    {"seconds", row.seconds},
                    {"step_seconds", row.step_seconds},
                    {"learning_rate", row.learning_rate},
                    {"best_steps", row.best_steps},
                    {"metrics", Json::object()},
                    {"differences", Json::object()}};
        for (std::size_t i = 0; i < table.metrics.size(); ++i) {
            const MetricName& name = table.metrics[i];
            arm["metrics"][text_of(name)] = estimate_json(name, row.metrics[i]);
            if (row.differences[i]) arm["differences"][text_of(name)] = estimate_json(name, *row.differences[i]);
        }
        json["arms"].push_back(std::move(arm));
    }
    // Names in a database may be any bytes.
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace

std::vector<TableColumn> columns_of(const ResultTable& table) {
    using Content = TableColumn::Content;
    std::vector<TableColumn> columns = {{"arm", "Arm", "", "Runs that differ only in seed", false}};
    std::vector<TableColumn> secondary; // other metrics than the one that judges the task stand at the end
    for (std::size_t i = 0; i < table.metrics.size(); ++i) {
        const MetricName& name = table.metrics[i];
        const std::string unit = measure_info(name.metric).unit;
        const bool primary = name.metric == table.primary_metric.metric;
        (primary ? columns : secondary)
            .push_back({text_of(name), heading_of(name), unit, "Mean over seeds ± half the 95 % t-interval", true,
                        Content::metric, i});
        if (name == table.primary_metric)
            columns.push_back({"difference:" + text_of(name), "Δ to baseline", unit == "%" ? "points" : unit,
                               "Difference from " + table.baseline + ", paired by seed", true, Content::difference, i});
    }
    columns.push_back({"n", "n", "", "Finished seeds; diverged and failed ones are counted separately", true});
    columns.push_back(
        {"trained", "Trained", "parameters", "Parameters that receive gradients, without the head", true});
    columns.push_back({"stored", "Stored", "parameters", "Parameters that inference needs, without the head", true});
    columns.push_back({"head", "Head", "parameters", "Parameters of the task head, trained with every method", true});
    columns.push_back(
        {"stored_bits", "Storage", "", "What inference needs besides the backbone, without the head", true});
    columns.push_back({"learning_rate", "Learning rate", "", "Peak learning rate", true});
    columns.push_back({best_step, "Best step", "", "Step of the selected weights; a range where seeds differ", true});
    columns.push_back({"file_bytes", "File", "", "Size of the stored adapter, head included", true});
    columns.push_back({"step_seconds", "Time per step", "", "Training only, without evaluation", true});
    columns.push_back({"seconds", "Time per run", "", "Mean over finished seeds", true});
    columns.insert(columns.end(), secondary.begin(), secondary.end());
    return columns;
}

std::string cell_text(const ResultTable& table, const ResultRow& row, const TableColumn& column) {
    if (column.key == "arm") return row.label;
    if (column.key == "n") {
        std::string text = std::to_string(row.finished);
        if (row.finished < row.planned) text += " of " + std::to_string(row.planned);
        if (row.diverged > 0) text += ", " + std::to_string(row.diverged) + " div.";
        if (row.failed > 0) text += ", " + std::to_string(row.failed) + " failed";
        return text;
    }
    if (!is_fact(column)) {
        const bool difference = column.content == TableColumn::Content::difference;
        const Estimate* e = estimate_of(row, column);
        if (e == nullptr) return row.baseline ? "baseline" : no_value;
        return estimate_text(*e, measure_info(table.metrics[column.metric].metric), difference);
    }
    const double value = cell_value(row, column);
    if (!std::isfinite(value)) return no_value;
    if (column.key == "learning_rate") return format_rate(value);
    if (column.key == "seconds") return value < 60 ? format_number(value, 1) + " s" : format_duration(value);
    if (column.key == "step_seconds") return format_number(value * 1000, value < 0.1 ? 1 : 0) + " ms";
    if (column.key == "stored_bits") return format_bytes(value / 8);
    if (column.key == "file_bytes") return format_bytes(value);
    if (column.key == best_step) {
        const auto [first, last] = best_steps_of(row);
        return format_number(first, 0) + (last > first ? "–" + format_number(last, 0) : "");
    }
    return format_count(static_cast<std::int64_t>(value));
}

double cell_value(const ResultRow& row, const TableColumn& column) {
    const double undefined = std::numeric_limits<double>::quiet_NaN();
    if (!is_fact(column)) {
        const Estimate* e = estimate_of(row, column);
        return e != nullptr && e->n > 0 ? e->mean : undefined;
    }
    if (column.key == "n") return static_cast<double>(row.finished);
    if (column.key == "learning_rate") return row.learning_rate > 0 ? row.learning_rate : undefined;
    if (column.key == "seconds") return row.finished > 0 ? row.seconds : undefined;
    if (column.key == "step_seconds") return row.step_seconds > 0 ? row.step_seconds : undefined;
    if (column.key == "file_bytes") return row.file_bytes > 0 ? row.file_bytes : undefined;
    if (row.finished == 0 && row.trained + row.head == 0) return undefined; // counted when a run begins
    if (column.key == "trained") return static_cast<double>(row.trained);
    if (column.key == "stored") return static_cast<double>(row.stored);
    if (column.key == "head") return static_cast<double>(row.head);
    if (column.key == "stored_bits") return static_cast<double>(row.stored_bits);
    if (column.key == best_step && !row.best_steps.empty()) return best_steps_of(row).first;
    return undefined;
}

std::string render(const ResultTable& table, TableFormat format) {
    const std::vector<TableColumn> columns = columns_of(table);
    switch (format) {
    case TableFormat::text:
        return render_text(table, columns);
    case TableFormat::csv:
        return render_csv(table, columns);
    case TableFormat::markdown:
        return render_markdown(table, columns);
    case TableFormat::latex:
        return render_latex(table, columns);
    case TableFormat::json:
        return render_json(table);
    }
    return {};
}

} // namespace diapason
