#include "ui/plots/value_panel.h"

#include "core/base/format.h"
#include "core/data/metrics.h"
#include "experiments/results/results.h"
#include "ui/plots/study_styles.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QHeaderView>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <map>

namespace diapason::ui {
namespace {

enum Column { Arm, Loss, Score, Seeds, ColumnCount };

// The last value at or before x.
double valueAt(const Curve* curve, const CurveView& view, double x) {
    double last = std::nan("");
    if (curve == nullptr) return last;
    for (std::size_t i = 0; i < curve->value.size() && curve->wall[i] <= view.untilWall; ++i) {
        if (std::isfinite(x) && (view.wallTime ? curve->wall[i] : static_cast<double>(curve->step[i])) > x) break;
        last = curve->value[i];
    }
    return last;
}

} // namespace

ValuePanel::ValuePanel(const RunCurves& curves, QWidget* parent)
    : QWidget(parent),
      m_curves(curves),
      m_title(label("heading")),
      m_note(label("secondary", tr("Mean over seeds; from n = 3, ± is half of the 95 % t-interval."))),
      m_table(new QTableWidget(0, ColumnCount)) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 8, 0, 0);
    layout->setSpacing(4);
    m_title->setContentsMargins(12, 0, 12, 0);
    m_note->setContentsMargins(12, 0, 12, 4);
    m_title->setObjectName(QStringLiteral("valuesTitle"));
    layout->addWidget(m_title);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_note);
    m_table->setObjectName(QStringLiteral("values"));
    dressTable(m_table);
    m_table->setHorizontalHeaderLabels({tr("Arm"), tr("Loss"), tr("Score"), tr("n")});
    m_table->horizontalHeader()->setSectionResizeMode(Arm, QHeaderView::Stretch);
    for (int column : {Loss, Score, Seeds})
        m_table->horizontalHeader()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_table->horizontalHeaderItem(Arm)->setTextAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    const MetricText loss = metric_text({"train", "", measure::loss});
    m_table->horizontalHeaderItem(Loss)->setToolTip(tr("%1, %2, not smoothed").arg(loss.heading, loss.unit));
    m_table->setAccessibleName(tr("Values of each arm; untick one to hide its curves"));
    m_table->setToolTip(tr("Select an arm to emphasise it; untick it to hide its curves. Statistics do not change."));
    connect(m_table, &QTableWidget::currentCellChanged, this, [this](int row) {
        if (row >= 0 && m_table->hasFocus()) Q_EMIT armChosen(m_table->item(row, Arm)->data(Qt::UserRole).toLongLong());
    });
    connect(m_table, &QTableWidget::itemChanged, this, [this](const QTableWidgetItem* item) {
        if (item->column() == Arm)
            Q_EMIT armHidden(item->data(Qt::UserRole).toLongLong(), item->checkState() == Qt::Unchecked);
    });
}

void ValuePanel::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_note->setVisible(height() > 260); // in a small window the rows need the room
}

void ValuePanel::show(const std::vector<CurveStyle>& styles, const CurveView& score, double cursor) {
    struct Row {
        const CurveStyle* style = nullptr;
        std::vector<double> loss, score;
    };
    std::vector<RowId> order;
    std::map<RowId, Row> rows;
    for (const CurveStyle& style : styles) {
        if (rows.count(style.arm) == 0) order.push_back(style.arm);
        Row& row = rows[style.arm];
        row.style = &style;
        const double loss = valueAt(m_curves.find(style.run, {"train", "", measure::loss}), score, cursor);
        const double value = valueAt(m_curves.find(style.run, score.metric), score, cursor);
        if (std::isfinite(loss)) row.loss.push_back(loss);
        if (std::isfinite(value)) row.score.push_back(value * score.scale);
    }
    m_title->setText(!std::isfinite(cursor) ? tr("Latest values")
                     : score.wallTime       ? tr("At %1 s").arg(cursor, 0, 'f', 1)
                                            : tr("At step %1").arg(static_cast<qint64>(cursor)));
    const MetricText text = metric_text(score.metric);
    const QSignalBlocker blocker(m_table);
    m_table->horizontalHeaderItem(Score)->setText(text.brief);
    m_table->horizontalHeaderItem(Score)->setToolTip(text.heading +
                                                     (text.unit.isEmpty() ? QString() : tr(", ") + text.unit));
    m_table->setRowCount(static_cast<int>(order.size()));
    int index = 0;
    for (const RowId arm : order) {
        const Row& row = rows[arm];
        const auto cell = [&](int column, const QString& value) {
            auto* item = m_table->item(index, column);
            if (item == nullptr) m_table->setItem(index, column, item = new QTableWidgetItem);
            if (item->text() != value) item->setText(value);
            if (column != Arm) item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
            return item;
        };
        auto* name = cell(Arm, row.style->shortLabel);
        name->setData(Qt::UserRole, static_cast<qlonglong>(arm));
        name->setData(Qt::DecorationRole, row.style->colour);
        name->setCheckState(row.style->hidden ? Qt::Unchecked : Qt::Checked);
        name->setToolTip(row.style->armLabel);
        const auto number = [](const std::vector<double>& values, int decimals, bool interval) {
            if (values.empty()) return QStringLiteral("—");
            const Estimate e = estimate(values);
            return qs(format_number(e.mean, decimals) +
                      (interval && e.n >= 3 ? " ± " + format_number(*e.half_width, decimals) : ""));
        };
        cell(Loss, number(row.loss, 3, false));
        cell(Score, number(row.score, text.decimals, true));
        cell(Seeds, QString::number(row.score.size()));
        ++index;
    }
}

} // namespace diapason::ui
