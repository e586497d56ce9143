// The values of each arm at the cursor, or the latest ones; the legend of the plots beside it.
#pragma once

#include "ui/plots/curve_plot.h"
#include "ui/plots/study_styles.h"

#include <QLabel>
#include <QTableWidget>
#include <QWidget>

namespace diapason::ui {

class ValuePanel : public QWidget {
    Q_OBJECT
public:
    explicit ValuePanel(const RunCurves& curves, QWidget* parent = nullptr);

    /// @param score the view of the score plot: metric, scale, axis, time of a replay
    void show(const std::vector<CurveStyle>& styles, const CurveView& score, double cursor);
    /// Marks the arm that is raised; 0 = none.
    void mark(RowId arm);
    QTableWidget* table() const { return m_table; }

Q_SIGNALS:
    void armChosen(diapason::RowId arm); ///< by the user, to be raised
    void armHidden(diapason::RowId arm, bool hidden);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Row;
    void fill(int index, const Row& row, const MetricText& text);

    const RunCurves& m_curves;
    QLabel* m_title;
    QLabel* m_note;
    QTableWidget* m_table;
};

} // namespace diapason::ui
