#include "experiments/results/export.h"

#include "core/base/format.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace diapason {
namespace {

constexpr const char* none = "—";

bool is_loss(const std::string& metric) {
    return metric.ends_with("/loss");
}

// "test/accuracy" → "Test accuracy".
std::string title_of(const std::string& metric) {
    static const std::pair<const char*, const char*> splits[] = {
        {"test/", "Test "}, {"ood/", "Out-of-domain "}, {"validation/", "Validation "}};
    static const std::pair<const char*, const char*> names[] = {
        {"macro_f1", "macro F1"}, {"rouge_l", "ROUGE-L"}, {"bleu", "BLEU"}, {"matthews", "Matthews"}};
    std::string title = metric;
    for (const auto& [key, text] : splits) {
        if (title.rfind(key, 0) == 0) title.replace(0, std::string(key).size(), text);
    }
    for (const auto& [key, text] : names) {
        if (const auto at = title.find(key); at != std::string::npos) title.replace(at, std::string(key).size(), text);
    }
    return title;
}

// Scores are shown in per cent, losses as they are.
double scale_of(const std::string& metric) {
    return is_loss(metric) ? 1 : 100;
}

int decimals_of(const Estimate& e, const std::string& metric) {
    const int most = is_loss(metric) ? 3 : 2;
    return e.sd && *e.sd > 0 ? decimals_for_spread(*e.sd * scale_of(metric), most) : (is_loss(metric) ? 3 : 1);
}

std::string estimate_text(const Estimate& e, const std::string& metric, bool difference) {
    if (e.n == 0) return none;
    const double scale = scale_of(metric);
    const int decimals = decimals_of(e, metric);
    std::string text =
        difference ? format_difference(e.mean * scale, decimals) : format_number(e.mean * scale, decimals);
    if (e.half_width) text += " ± " + format_number(*e.half_width * scale, decimals);
    return text;
}

std::size_t index_of(const ResultTable& table, const std::string& metric) {
    return static_cast<std::size_t>(std::find(table.metrics.begin(), table.metrics.end(), metric) -
                                    table.metrics.begin());
}

std::string csv_cell(std::string text, bool numeric) {
    // A text that a spreadsheet would take for a formula is shown as text; numbers stay numbers.
    if (!numeric && !text.empty() && std::string("=+-@\t\r").find(text.front()) != std::string::npos)
        text.insert(0, "'");
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

std::string latex_escape(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        switch (text[i]) {
        case '\\':
            out += "\\textbackslash{}";
            break;
        case '~':
            out += "\\textasciitilde{}";
            break;
        case '^':
            out += "\\textasciicircum{}";
            break;
        case '&':
        case '%':
        case '$':
        case '#':
        case '_':
        case '{':
        case '}':
            (out += '\\') += text[i];
            break;
        default:
            out += text[i];
        }
    }
    const auto replace = [&](const std::string& from, const std::string& to) {
        for (std::size_t at = 0; (at = out.find(from, at)) != std::string::npos; at += to.size())
            out.replace(at, from.size(), to);
    };
    replace("±", "$\\pm$");
    replace("−", "$-$");
    replace("—", "---");
    replace("\u2009", "\\,");
    replace("Δ", "$\\Delta$");
    return out;
}

std::string markdown_cell(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') out += '\\';
        out += c;
    }
    return out;
}

// Characters on a terminal: code points, none of ours is wide.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width, bool right) {
    const std::string space(width - std::min(width, width_of(text)), ' ');
    return right ? space + text : text + space;
}

std::string render_text(const ResultTable& table, const std::vector<TableColumn>& all) {
    // What fits on a terminal: the primary metric of each split, its difference, the size, the time.
    std::vector<TableColumn> columns;
    const std::string primary = table.primary_metric.substr(table.primary_metric.find('/') + 1);
    for (const TableColumn& column : all) {
        const bool metric = column.key.find('/') != std::string::npos;
        const bool wanted =
            !metric || (column.key.ends_with("/" + primary) && (column.key.rfind("difference:", 0) != 0 ||
                                                                column.key == "difference:" + table.primary_metric));
        if (wanted && column.key != "best_step") columns.push_back(column);
    }
    std::vector<std::size_t> widths;
    for (const TableColumn& column : columns) {
        std::size_t width = width_of(column.title);
        for (const ResultRow& row : table.rows)
            width = std::max(width, width_of(cell_text(table, row, column)));
        widths.push_back(width);
    }
    std::string text = table.title + "  (" + table.backbone + ", " + table.task + ")\n\n";
    const auto line = [&](auto&& cell) {
        std::string row;
        for (std::size_t i = 0; i < columns.size(); ++i)
            row += (i == 0 ? "" : "  ") + padded(cell(columns[i]), widths[i], columns[i].numeric);
        while (!row.empty() && row.back() == ' ')
            row.pop_back();
        text += row + "\n";
    };
    line([](const TableColumn& column) { return column.title; });
    std::string rule;
    for (std::size_t i = 0; i < columns.size(); ++i)
        rule += (i == 0 ? "" : "  ") + std::string(widths[i], '-');
    text += rule + "\n";
    for (const ResultRow& row : table.rows)
        line([&](const TableColumn& column) { return cell_text(table, row, column); });
    for (const std::string& note : table.notes)
        text += "\n" + note + ".";
    return text + "\n";
}

std::string exact(double value) {
    return std::isfinite(value) ? Json(value).dump() : "";
}

// One row an arm; numbers at full precision, intervals in columns of their own.
std::string render_csv(const ResultTable& table, const std::vector<TableColumn>& columns) {
    std::string text;
    const auto append = [&](std::string cell, bool numeric, bool first) {
        text += (first ? "" : ",") + csv_cell(std::move(cell), numeric);
    };
    bool first = true;
    for (const TableColumn& column : columns) {
        append(column.key, true, first);
        first = false;
        if (column.key.find('/') != std::string::npos) {
            for (const char* part : {"sd", "half_width_95", "n"})
                append(column.key + ":" + part, true, false);
        }
    }
    text += "\r\n";
    for (const ResultRow& row : table.rows) {
        first = true;
        for (const TableColumn& column : columns) {
            append(column.numeric ? exact(cell_value(table, row, column)) : cell_text(table, row, column),
                   column.numeric, first);
            first = false;
            if (column.key.find('/') == std::string::npos) continue;
            const bool difference = column.key.rfind("difference:", 0) == 0;
            const std::size_t i = index_of(table, difference ? column.key.substr(11) : column.key);
            const Estimate none_yet;
            const Estimate& e = difference ? (row.differences[i] ? *row.differences[i] : none_yet) : row.metrics[i];
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
    text += "\n";
    for (const ResultRow& row : table.rows) {
        text += "|";
        for (const TableColumn& column : columns)
            text += " " + markdown_cell(cell_text(table, row, column)) + " |";
        text += "\n";
    }
    for (const std::string& note : table.notes)
        text += "\n" + note + ".\n";
    return text;
}

std::string render_latex(const ResultTable& table, const std::vector<TableColumn>& columns) {
    std::string text = "% needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\n\\begin{tabular}{";
    for (const TableColumn& column : columns)
        text += column.numeric ? 'r' : 'l';
    text += "}\n\\toprule\n";
    const auto line = [&](auto&& cell) {
        bool first = true;
        for (const TableColumn& column : columns) {
            text += (first ? "" : " & ") + latex_escape(cell(column));
            first = false;
        }
        text += " \\\\\n";
    };
    line([](const TableColumn& column) { return column.title; });
    text += "\\midrule\n";
    for (const ResultRow& row : table.rows)
        line([&](const TableColumn& column) { return cell_text(table, row, column); });
    text += "\\bottomrule\n\\end{tabular}\n\\caption{" +
            latex_escape(table.title + " (" + table.backbone + ", " + table.task + ").");
    for (const std::string& note : table.notes)
        text += " " + latex_escape(note) + ".";
    return text + "}\n\\end{table}\n";
}

Json estimate_json(const Estimate& e) {
    Json json = {{"n", e.n}};
    json["mean"] = e.n > 0 ? Json(e.mean) : Json();
    json["sd"] = e.sd ? Json(*e.sd) : Json();
    json["half_width_95"] = e.half_width ? Json(*e.half_width) : Json();
    return json;
}

std::string render_json(const ResultTable& table) {
    Json json = {{"title", table.title},       {"backbone", table.backbone},
                 {"task", table.task},         {"primary_metric", table.primary_metric},
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
            arm["metrics"][table.metrics[i]] = estimate_json(row.metrics[i]);
            if (row.differences[i]) arm["differences"][table.metrics[i]] = estimate_json(*row.differences[i]);
        }
        json["arms"].push_back(std::move(arm));
    }
    return json.dump(2) + "\n";
}

} // namespace

std::vector<TableColumn> columns_of(const ResultTable& table) {
    std::vector<TableColumn> columns = {{"arm", "Arm", "", "Runs that differ only in seed", false}};
    std::vector<TableColumn> secondary; // other metrics than the one that judges the task stand at the end
    for (const std::string& metric : table.metrics) {
        const bool primary =
            metric.substr(metric.find('/')) == table.primary_metric.substr(table.primary_metric.find('/'));
        if (!primary) {
            secondary.push_back({metric, title_of(metric), is_loss(metric) ? "nats" : "%",
                                 "Mean over seeds ± half the 95 % t-interval", true});
            continue;
        }
        columns.push_back({metric, title_of(metric), is_loss(metric) ? "nats" : "%",
                           "Mean over seeds ± half the 95 % t-interval", true});
        if (metric == table.primary_metric)
            columns.push_back({"difference:" + metric, "Δ to baseline", is_loss(metric) ? "nats" : "points",
                               "Paired by seed against " + table.baseline, true});
    }
    columns.push_back({"n", "n", "", "Finished seeds; diverged and failed ones are named", true});
    columns.push_back(
        {"trained", "Trained", "parameters", "Parameters that receive gradients, without the head", true});
    columns.push_back({"stored", "Stored", "parameters", "Parameters that inference needs, without the head", true});
    columns.push_back({"head", "Head", "parameters", "Parameters of the task head, trained with every method", true});
    columns.push_back(
        {"stored_bits", "Storage", "", "What inference needs beside the backbone, without the head", true});
    columns.push_back({"learning_rate", "Learning rate", "", "Peak learning rate", true});
    columns.push_back({"best_step", "Best step", "", "Step of the selected values, mean over seeds", true});
    columns.push_back({"file_bytes", "File", "", "Size of the stored adapter, head included", true});
    columns.push_back({"step_seconds", "Time per step", "", "Of training, without evaluation", true});
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
    if (column.key.rfind("difference:", 0) == 0) {
        const std::string metric = column.key.substr(11);
        const auto& difference = row.differences[index_of(table, metric)];
        return difference ? estimate_text(*difference, metric, true) : (row.baseline ? "baseline" : none);
    }
    if (column.key.find('/') != std::string::npos)
        return estimate_text(row.metrics[index_of(table, column.key)], column.key, false);
    const double value = cell_value(table, row, column);
    if (!std::isfinite(value)) return none;
    if (column.key == "learning_rate") return format_rate(value);
    if (column.key == "seconds") return value < 60 ? format_number(value, 1) + " s" : format_duration(value);
    if (column.key == "step_seconds") return format_number(value * 1000, value < 0.1 ? 1 : 0) + " ms";
    if (column.key == "stored_bits") return format_bytes(value / 8);
    if (column.key == "file_bytes") return format_bytes(value);
    if (column.key == "best_step") return format_number(value, 0);
    return format_count(static_cast<std::int64_t>(value));
}

double cell_value(const ResultTable& table, const ResultRow& row, const TableColumn& column) {
    const double undefined = std::numeric_limits<double>::quiet_NaN();
    if (column.key.rfind("difference:", 0) == 0) {
        const auto& difference = row.differences[index_of(table, column.key.substr(11))];
        return difference ? difference->mean : undefined;
    }
    if (column.key.find('/') != std::string::npos) {
        const Estimate& e = row.metrics[index_of(table, column.key)];
        return e.n > 0 ? e.mean : undefined;
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
    if (column.key == "best_step" && !row.best_steps.empty()) {
        double sum = 0;
        for (const double step : row.best_steps)
            sum += step;
        return sum / static_cast<double>(row.best_steps.size());
    }
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
